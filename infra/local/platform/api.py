"""The platform's HTTP JSON API: takedowns as docs/platform-api.md says, and what tests and the demo need."""

import hmac
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from infra.local.faults import Faults, faults_api
from infra.local.platform import deliveries, posts, reviews
from infra.local.platform.acts import Act, Answer, Request, refusal
from infra.local.platform.marketplace import Marketplace, NoSuchPost, PostDeleted
from shared.errors import BadEvent

MOST_LISTED = 10_000


def platform_api(market: Marketplace, token: str, faults: Faults) -> Blueprint:
    """Everything under /api/v1, for whoever carries `token`."""
    routes = Blueprint("api", __name__, url_prefix="/api/v1")
    routes.register_blueprint(faults_api(faults))

    @routes.before_request
    def check_token() -> Response | None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
            return None
        return _answer(refusal(401, "unauthorized", "Authorization: expected the platform's bearer token"))

    @routes.errorhandler(BadEvent)
    def bad_request(error: BadEvent) -> Response:
        answer = refusal(400, "bad_request", str(error))
        answer.body["error"]["field"] = error.field
        return _answer(answer)

    @routes.errorhandler(RecursionError)
    def far_too_deep(_error: RecursionError) -> Response:
        return _answer(refusal(400, "bad_request", "body: expected JSON at most a few levels deep"))

    @routes.errorhandler(NoSuchPost)
    def no_such_post(error: NoSuchPost) -> Response:
        return _answer(refusal(404, "not_found", str(error)))

    @routes.errorhandler(PostDeleted)
    def post_deleted(error: PostDeleted) -> Response:
        return _answer(refusal(410, "deleted", str(error)))

    @routes.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return _answer(
            refusal(error.code or 500, error.name.lower().replace(" ", "_"), error.description or "")
        )

    @routes.post("/posts/<post_id:post_id>/<any(takedown, restore):act>")
    def act_on_post(post_id: str, act: str) -> Response:
        wish = _act(Act(act), post_id)
        return faults.around(act, lambda: _answer(market.act(wish)))

    @routes.post("/posts")
    def post() -> Response:
        items, is_list = _items()
        stored, announced = market.post(items, _is_announced())
        told: dict[str, Any] = {"stored": stored, "already": len(items) - stored}
        if is_list:
            return _answer(Answer(201, told | {"announced": len(announced)}))
        one = {"post_id": items[0]["post_id"], "webhook_id": announced[0] if announced else None}
        return _answer(Answer(201, told | one))

    @routes.get("/posts")
    def listing() -> Response:
        state, words = _state(posts.State), request.args.get("q", "")
        limit, offset = _number("limit", 1000), _number("offset", 0)
        with market.database.reading() as db:
            found, total = posts.page(db, state, words, min(limit, MOST_LISTED), offset)
        return jsonify({"total": total, "posts": [standing.to_json() for standing in found]})

    @routes.get("/posts/<post_id:post_id>")
    def show(post_id: str) -> Response:
        with market.database.reading() as db:
            standing = posts.standing(db, post_id)
            if standing is None:
                raise NoSuchPost(f"post_id: expected a post, came {post_id!r}")
            told = standing.to_json()
            told["revisions"] = [post.to_event()["data"] for post in posts.revisions(db, post_id)]
            told["journal"] = posts.journal(db, post_id)
            told["deliveries"] = deliveries.listing(db, post_id=post_id)
        kinds = [entry["kind"] for entry in told["journal"]]
        told["acts"] = {kind: kinds.count(kind) for kind in ("taken_down", "restored")}
        return jsonify(told)

    @routes.delete("/posts/<post_id:post_id>")
    def delete(post_id: str) -> Response:
        market.delete(post_id)
        return jsonify({"post_id": post_id, "state": "deleted"})

    @routes.post("/posts/<post_id:post_id>/revisions")
    def revise(post_id: str) -> Response:
        post, announced = market.revise(post_id, _object(), _is_announced())
        told = {
            "post_id": post_id,
            "revision": post.revision,
            "webhook_id": announced[0] if announced else None,
        }
        return _answer(Answer(201, told))

    @routes.post("/reviews")
    def review() -> Response:
        items, is_list = _items()
        webhook_ids = market.review(items, _is_announced())
        return _answer(
            Answer(201, {"webhook_ids": webhook_ids} if is_list else {"webhook_id": webhook_ids[0]})
        )

    @routes.get("/deliveries")
    def sent() -> Response:
        wanted = {name: request.args.get(name, "") for name in ("post_id", "webhook_id")}
        wanted["state"] = _state(deliveries.DeliveryState)
        with market.database.reading() as db:
            return jsonify({"deliveries": deliveries.listing(db, **wanted, limit=_number("limit", 1000))})

    @routes.post("/deliveries/<webhook_id>/repeat")
    def repeat(webhook_id: str) -> Response:
        if not market.repeat(webhook_id):
            return _answer(refusal(404, "not_found", "webhook_id: expected a webhook that is not pending"))
        return _answer(Answer(202, {"webhook_id": webhook_id}))

    @routes.get("/summary")
    def summary() -> Response:
        with market.database.reading() as db:
            told = posts.counts(db) | {"reviews": reviews.counts(db), "deliveries": deliveries.counts(db)}
        return jsonify(told)

    return routes


def _act(act: Act, post_id: str) -> Request:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 200:
        raise BadEvent(f"Idempotency-Key: expected 1-200 characters, came {len(key)}", "Idempotency-Key")
    body = _object()
    revision, violation_class = body.get("revision"), body.get("violation_class", "")
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < 1:
        raise BadEvent(f"revision: expected a number from 1, came {revision!r}", "revision")
    if not isinstance(violation_class, str) or not re.fullmatch("[a-z0-9_]{0,60}", violation_class):
        raise BadEvent(
            f"violation_class: expected at most 60 of a-z, 0-9 and _, came {violation_class!r}",
            "violation_class",
        )
    return Request(act, key, post_id, revision, violation_class)


def _json() -> Any:
    """What the request brings. Halves of surrogate pairs, which sqlite does not take, become U+FFFD."""
    body = request.get_json()
    text = json.dumps(body, ensure_ascii=False)
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return body if whole == text else json.loads(whole)


def _object() -> Mapping[str, Any]:
    body = _json()
    if not isinstance(body, dict):
        raise BadEvent(f"body: expected a JSON object, came {type(body).__name__}")
    return body


def _items() -> tuple[list[Mapping[str, Any]], bool]:
    body = _json()
    items = body if isinstance(body, list) else [body]
    if not all(isinstance(item, dict) for item in items):
        raise BadEvent("body: expected a JSON object or a list of them")
    return items, isinstance(body, list)


def _is_announced() -> bool:
    return request.args.get("announce", "true").lower() not in ("false", "0", "no")


def _number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text):
        raise BadEvent(f"{name}: expected a number of 1-9 digits, came {text[:40]!r}", name)
    return int(text)


def _state(states: type[StrEnum]) -> str:
    state = request.args.get("state", "")
    if state and state not in list(states):
        raise BadEvent(f"state: expected one of {[str(s) for s in states]}, came {state[:40]!r}", "state")
    return state


def _answer(answer: Answer) -> Response:
    response = jsonify(answer.body)
    response.status_code = answer.status
    return response
