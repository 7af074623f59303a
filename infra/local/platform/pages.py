"""The platform's web pages: posts for everyone, a form for authors, the review page for reviewers."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.local.platform import deliveries, posts
from infra.local.platform.highlights import highlights
from infra.local.platform.marketplace import Marketplace, NoSuchPost, PostDeleted
from infra.local.platform.queue import Queued, QueueUnavailable
from shared.errors import BadEvent
from shared.spam.labels import Source
from shared.spam.posts import Post

PAGE = 25


@dataclass(frozen=True)
class Tally:
    """Where a reader stands in a long list."""

    number: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page, from 1."""
        return max(1, -(-self.total // PAGE))


def platform_pages(market: Marketplace) -> Blueprint:
    """Every page that people open."""
    routes = Blueprint("pages", __name__)

    @routes.before_request
    def refuse_foreign_forms() -> None:
        # The pages know no log-in, so a form on some other site must not be able to post here. Browsers say
        # where a form stands by one header or the other; what says neither is no browser.
        if request.method != "POST":
            return
        site = request.headers.get("Sec-Fetch-Site", "none")
        origin = request.headers.get("Origin", request.host_url.rstrip("/"))
        if site not in ("same-origin", "none") or origin != request.host_url.rstrip("/"):
            abort(403)

    @routes.get("/")
    def index() -> str:
        state, query = request.args.get("state", ""), request.args.get("q", "").strip()
        number = max(1, min(request.args.get("page", 1, type=int), 1_000_000))
        with market.database.reading() as db:
            found, total = posts.page(db, state, query, PAGE, (number - 1) * PAGE)
            if not found and total:  # past the end: a stale link, or posts left this state meanwhile
                number = Tally(number, total).last
                found, total = posts.page(db, state, query, PAGE, (number - 1) * PAGE)
            counts = posts.counts(db)
        tally = Tally(number, total)
        return render_template("posts.html", posts=found, state=state, q=query, tally=tally, counts=counts)

    @routes.get("/posts/new")
    def write() -> str:
        return render_template("edit.html", post=None, given={}, error="")

    @routes.post("/posts/new")
    def publish() -> Response | tuple[str, int]:
        post_id, author_id = f"p-{secrets.token_hex(6)}", request.form.get("author_id", "")
        given = _written() | {"post_id": post_id, "author_id": author_id}
        try:
            market.post([given], announce=True)
        except BadEvent as error:
            return render_template("edit.html", post=None, given=given, error=str(error)), 400
        return redirect(url_for("pages.show", post_id=post_id), 303)

    @routes.get("/posts/<post_id:post_id>")
    def show(post_id: str) -> str:
        with market.database.reading() as db:
            standing = posts.standing(db, post_id) or abort(404)
            return render_template(
                "post.html",
                standing=standing,
                revisions=posts.revisions(db, post_id)[::-1],
                journal=posts.journal(db, post_id)[::-1],
                deliveries=deliveries.listing(db, post_id=post_id),
            )

    @routes.get("/posts/<post_id:post_id>/edit")
    def edit(post_id: str) -> str:
        post = _newest(market, post_id)
        return render_template("edit.html", post=post, given=post.to_event()["data"], error="")

    @routes.post("/posts/<post_id:post_id>/edit")
    def revise(post_id: str) -> Response | tuple[str, int]:
        given = _written()
        try:
            market.revise(post_id, given, announce=True)
        except BadEvent as error:
            return render_template(
                "edit.html", post=_newest(market, post_id), given=given, error=str(error)
            ), 400
        except (NoSuchPost, PostDeleted):
            abort(404)
        return redirect(url_for("pages.show", post_id=post_id), 303)

    @routes.post("/posts/<post_id:post_id>/delete")
    def delete(post_id: str) -> Response:
        try:
            market.delete(post_id)
        except NoSuchPost:
            abort(404)
        return redirect(url_for("pages.show", post_id=post_id), 303)

    @routes.get("/review")
    def review() -> str:
        source = request.args.get("source", "queue")
        if source not in list(Source) or (source == Source.APPEAL and not request.args.get("post_id")):
            abort(404)  # an appeal is about some post: the queue's first is none
        waiting, trouble = ([], "") if source == Source.PATROL else _waiting(market)
        item, post = _to_review(market, Source(source), waiting)
        if post and source == Source.APPEAL and not item and not trouble:
            item, trouble = _decided(market, post)
        return render_template(
            "review.html",
            source=source,
            waiting=waiting,
            trouble=trouble,
            item=item,
            post=post,
            seen=highlights(post, item.reasons) if post and item else None,
        )

    @routes.post("/review")
    def answer() -> Response:
        source = request.form.get("source", "queue")
        given: dict[str, Any] = {
            name: request.form.get(name, "") for name in ("post_id", "answer", "reviewer")
        }
        given |= {"source": source, "revision": request.form.get("revision", type=int)}
        if given["answer"] == "violation":
            given["violation_class"] = request.form.get("violation_class", "")
        try:
            market.review([given], announce=True)
        except (BadEvent, NoSuchPost):
            abort(400)
        return redirect(url_for("pages.review", source="patrol" if source == "patrol" else "queue"), 303)

    return routes


def _written() -> dict[str, Any]:
    return {name: request.form.get(name, "").strip() for name in ("title", "category", "body")}


def _newest(market: Marketplace, post_id: str) -> Post:
    with market.database.reading() as db:
        standing = posts.standing(db, post_id)
        post = posts.revision(db, post_id, standing.revision) if standing else None
    if standing is None or post is None or standing.state is posts.State.DELETED:
        abort(404)
    return post


def _waiting(market: Marketplace) -> tuple[list[Queued], str]:
    try:
        return market.waiting(), ""
    except QueueUnavailable as error:
        return [], str(error)


def _decided(market: Marketplace, post: Post) -> tuple[Queued | None, str]:
    """What Sekisho decided on a post that does not wait any more: what its author appeals against."""
    try:
        return market.queue.verdict(post), ""
    except QueueUnavailable as error:
        return None, str(error)


def _to_review(
    market: Marketplace, source: Source, waiting: list[Queued]
) -> tuple[Queued | None, Post | None]:
    """The post to show: the one asked for, else the likeliest that waits, or on patrol one drawn at random.

    On patrol what the filter said is not shown: the answer must not lean on it.
    """
    asked = request.args.get("post_id", "")
    if source is Source.PATROL:
        drawn = asked or market.patrol()
        return None, _newest(market, drawn) if drawn else None
    item = next((queued for queued in waiting if asked in ("", queued.post_id)), None)
    post_id = asked or (item.post_id if item else "")
    return item, _newest(market, post_id) if post_id else None
