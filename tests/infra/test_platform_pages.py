"""The stand-in platform's pages: what people see, do and can not be made to do."""

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from selectolax.lexbor import LexborHTMLParser, LexborNode

from infra.local.platform.text import readable
from infra.local.processes import Processes
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client
from shared.gcp.post_table import PostTable
from shared.gcp.verdict_table import VerdictTable
from shared.settings import Cloud
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Mode, Reason, Verdict
from tests.infra.marketplace import Inbox, Market, new_id

NOW = datetime.now(UTC).replace(microsecond=0)
ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def market(processes: Processes, tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[Market]:
    with Market(processes, tmp_path_factory.mktemp("platform"), inbox.url) as market:
        yield market


def one(page: LexborHTMLParser, selector: str) -> LexborNode:
    found = page.css(selector)
    assert len(found) == 1, f"expected one {selector}, came {len(found)}"
    return found[0]


def listed(page: LexborHTMLParser) -> list[str]:
    return [link.text(strip=True) for link in page.css("ul.posts a")]


def test_the_list_shows_each_post_with_its_state_newest_first(market: Market) -> None:
    name = new_id()
    ids = [market.post(title=f"{name}-{n}", posted_at=f"2026-11-0{n}T00:00:00Z") for n in (1, 2, 3)]
    market.act("takedown", ids[0])
    market.ask("DELETE", f"posts/{ids[1]}")
    page = market.page("/", q=name)
    assert listed(page) == [f"{name}-3", f"{name}-2", f"{name}-1"]
    assert [tag.text() for tag in page.css("ul.posts .tag")] == ["公開中", "削除済み", "停止中"]
    assert "Sekisho(自動)による停止" in page.css("ul.posts li")[2].text()
    assert listed(market.page("/", q=name, state="taken_down")) == [f"{name}-1"]
    assert listed(market.page("/", q=ids[2])) == [f"{name}-3"]
    assert "条件に合う投稿はありません" in market.page("/", q=new_id()).text()


def test_a_long_list_is_shown_in_pages_and_never_past_its_end(market: Market) -> None:
    name = new_id()
    posts = [{"post_id": f"{name}-{n}", "title": f"{name} {n}", "body": "x"} for n in range(30)]
    market.ask("POST", "posts?announce=false", posts)
    assert len(listed(market.page("/", q=name))) == 25
    last = market.page("/", q=name, page="2")
    assert len(listed(last)) == 5
    assert listed(market.page("/", q=name, page="99")) == listed(last)
    for nonsense in ("0", "-3", "x", "9" * 30):
        assert len(listed(market.page("/", q=name, page=nonsense))) in (5, 25)


def test_a_post_shows_its_revisions_its_journal_and_its_webhooks(market: Market, inbox: Inbox) -> None:
    post_id = market.post(title="初版の題名", body="<p>初版の本文</p>", announce=True)
    inbox.about(post_id)
    market.revise(post_id, title="二版の題名", body="<p>二版の本文</p>")
    market.act("takedown", post_id, revision=2)
    page = market.page(f"/posts/{post_id}")
    assert one(page, "h1").text(strip=True) == "二版の題名"
    assert one(page, "article .body").text(strip=True) == "二版の本文"
    assert "初版の本文" in page.css("details.card")[0].text()
    tables = page.css("table")
    assert len(tables) == 2
    told = tables[0].text()
    assert all(what in told for what in ("投稿", "編集", "停止", "Sekisho(自動)", "affiliate_lure"))
    assert market.show(post_id)["deliveries"][0]["webhook_id"] in tables[1].text()
    market.page(f"/posts/{new_id()}", status=404)


def test_an_author_publishes_edits_and_deletes_by_form(market: Market, inbox: Inbox) -> None:
    assert one(market.page("/posts/new"), "form.card").attributes["method"] == "post"
    answer = market.submit(
        "/posts/new", title="題名", body="<p>本文</p>", category="writing", author_id="u-7"
    )
    assert answer.status_code == 303
    where = answer.headers["Location"]
    post_id = where.rsplit("/", 1)[1]
    (sent,) = inbox.about(post_id)
    post = Post.from_event(sent.body, datetime.now(UTC))
    assert (post.title, post.body, post.category, post.author_id) == (
        "題名",
        "<p>本文</p>",
        "writing",
        "u-7",
    )
    form = market.page(f"{where}/edit")
    assert one(form, "#body").text(strip=True) == "<p>本文</p>"
    assert market.submit(f"{where}/edit", title="後", body="<p>後</p>", category="").status_code == 303
    edited = Post.from_event(inbox.about(post_id, 2)[1].body, datetime.now(UTC))
    assert (edited.revision, edited.title, edited.author_id) == (2, "後", "u-7")
    assert market.submit(f"{where}/delete").status_code == 303
    assert market.show(post_id)["state"] == "deleted"
    market.page(f"{where}/edit", status=404)


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(market: Market) -> None:
    answer = market.submit("/posts/new", title="t" * 10_001, body="<b>本文</b>", category="", author_id="u-7")
    page = LexborHTMLParser(answer.text)
    assert answer.status_code == 400
    assert "data.title" in one(page, "[role=alert]").text()
    assert one(page, "#body").text(strip=True) == "<b>本文</b>"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),  # another port of this machine
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 400),  # a name that was made to point here
    ],
)
def test_no_other_site_can_post_a_form(market: Market, headers: dict[str, str], status: int) -> None:
    title = new_id()
    form = {"title": title, "body": "x", "category": "", "author_id": "u-1"}
    assert market.submit("/posts/new", headers, **form).status_code == status
    assert market.ask("GET", f"posts?q={title}")["total"] == (1 if status == 303 else 0)


def test_the_form_of_the_page_itself_is_let_through(market: Market) -> None:
    post_id = market.post()
    headers = {"Origin": market.url, "Sec-Fetch-Site": "same-origin"}
    assert market.submit(f"/posts/{post_id}/delete", headers).status_code == 303


def test_what_authors_write_is_never_run(market: Market) -> None:
    post_id = market.post(
        f"{new_id()}{ATTACK.replace(' ', '')}",
        title=ATTACK,
        body=f"<p>{ATTACK}</p><a href='javascript:alert(1)'>x</a>",
        category=ATTACK,
        author_id=ATTACK,
        attributes={ATTACK: ATTACK},
    )
    review = {"post_id": post_id, "answer": "violation", "reviewer": ATTACK}
    market.ask("POST", "reviews?announce=false", review)
    market.act("restore", post_id, key=ATTACK)
    market.revise(post_id, title=f"二版{ATTACK}")
    pages = [market.page("/", q=post_id)]
    link = str(pages[0].css_first("ul.posts a").attributes["href"])  # type: ignore[union-attr]
    pages += [market.page(link), market.page(f"{link}/edit"), market.page("/", q=ATTACK, state=ATTACK)]
    pages += [
        market.page("/review", source=source, post_id=post_id) for source in ("queue", "patrol", "appeal")
    ]
    for page in pages:
        assert not page.css("script, img, [onerror], [href^=javascript]")
        assert "alert(1)" in page.html  # type: ignore[operator]
        assert "49" not in page.css_first("title").text()  # type: ignore[union-attr]
    answer = requests.get(f"{market.url}{link}", timeout=10)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("unit", ["<", "<!", "<!--", "<a ", "<a href=", '</a b="', "<div>", '<a href="'])
def test_no_markup_keeps_a_post_from_being_read(market: Market, unit: str) -> None:
    post_id = market.post(title="読める", body=(unit * 1_000_000)[:1_000_000])
    assert one(market.page("/review", source="queue", post_id=post_id), "article h2").text() == "読める"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>一</p><p>二<br>三</p>", "一\n\n二\n三"),
        ('<a class=b href="http://e.example/?a=1&amp;b">ここ</a>', "[http://e.example/?a=1&b] ここ"),
        ("<A HREF='http://e.example'>ここ</A>", "[http://e.example] ここ"),
        ("<a>ここ</a>", "ここ"),
        ("<head>見える", "見える"),
        ("<script>x</script>見える<style>y</style>", "見える"),
    ],
)
def test_a_reviewer_reads_the_text_and_where_links_lead(html: str, text: str) -> None:
    assert readable(html) == text


def test_the_patrol_draws_evenly_from_recent_posts_whatever_their_state(
    processes: Processes, tmp_path: Path
) -> None:
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url) as market:
        assert "巡回する投稿がありません" in market.page("/review", source="patrol").text()
        recent = {market.post(posted_at=(NOW - timedelta(days=n)).isoformat()) for n in range(4)}
        down, deleted = market.post(), market.post()
        market.post(posted_at=(NOW - timedelta(days=8)).isoformat())
        market.act("takedown", down)
        market.ask("DELETE", f"posts/{deleted}")

        def draw() -> str:
            page = market.page("/review", source="patrol")
            assert not page.css(".score, .tag"), "what is known of a post must not lean on the answer"
            return str(one(page, "input[name=post_id]").attributes["value"])

        assert {draw() for _ in range(100)} == recent | {down}
        form = {"post_id": down, "revision": "1", "source": "patrol", "answer": "violation"}
        answer = market.submit("/review", **form, violation_class="paid_review", reviewer="r-9")
        assert answer.headers["Location"] == "/review?source=patrol"
        assert {draw() for _ in range(100)} == recent
        (sent,) = inbox.about(down)
        label = ReviewLabel.from_event(sent.body, sent.webhook_id, datetime.now(UTC))
        assert (label.source, label.reviewer, label.violation_class) == (Source.PATROL, "r-9", "paid_review")


@pytest.mark.parametrize(
    "wrong", [{"post_id": ""}, {"post_id": "p-unknown"}, {"answer": ""}, {"revision": "x"}, {"source": "me"}]
)
def test_an_answer_that_can_not_be_used_is_refused(market: Market, wrong: dict[str, str]) -> None:
    post_id = market.post()
    form = {"post_id": post_id, "revision": "1", "source": "queue", "answer": "violation"} | wrong
    assert market.submit("/review", **form).status_code == 400
    assert market.show(post_id)["state"] == "visible"


def test_pages_that_make_no_sense_are_not_found(market: Market) -> None:
    for path in ("/nonsense", "/review?source=me", "/review?source=appeal"):
        market.page(path, status=404)


def verdict_on(post: Post, score: float, violation_class: str) -> Verdict:
    return Verdict(
        post_id=post.post_id,
        revision=post.revision,
        revised_at=post.revised_at,
        detector="bayes",
        model_version="bayes-1",
        score=score,
        action=Action.REVIEW,
        violation_class=violation_class,
        reasons=(Reason("副業", 2.5), Reason("経験", -0.25)),
        note="",
        mode=Mode.REVIEW,
        judged_at=datetime.now(UTC),
    )


def test_a_reviewer_works_through_what_sekisho_left(
    processes: Processes, tmp_path: Path, cloud_settings: Cloud
) -> None:
    cloud = dataclasses.replace(cloud_settings, dataset=f"queue_{uuid.uuid4().hex[:12]}")
    client = bigquery_client(cloud)
    create_tables(client, cloud.dataset)
    likely, unlikely, edited = (
        Post(new_id(), 1, NOW, NOW, f"題名 {n}", "<p>本文</p>", category="writing") for n in range(3)
    )
    posts = [likely, unlikely, edited]
    PostTable(client, cloud.dataset).append(posts, NOW)
    verdicts = zip(posts, [0.9, 0.6, 0.99], ["paid_review", "unclassified", "employment"], strict=True)
    VerdictTable(client, cloud.dataset).append([verdict_on(*given) for given in verdicts])
    environment = {
        "GOOGLE_CLOUD_PROJECT": cloud.project,
        "SEKISHO_DATASET": cloud.dataset,
        "BIGQUERY_EMULATOR_HOST": str(cloud.bigquery_emulator),
    }
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url, "--queue", "auto", **environment) as market:
        market.ask("POST", "posts?announce=false", [post.to_event()["data"] for post in posts])
        market.revise(edited.post_id)

        page = market.page("/review")
        assert "審査待ち 2件" in page.text(), "the edited one is judged anew first"
        assert one(page, "article h2").text(strip=True) == likely.title
        assert one(page, ".score b").text() == "90.0%"
        reasons = [part.text(strip=True) for part in page.css(".reasons dt, .reasons .number")]
        assert reasons == ["副業", "+2.50", "経験", "-0.25"]
        assert one(page, "option[selected]").attributes["value"] == "paid_review"
        assert [button.text() for button in page.css(".answers button")] == ["違反", "問題なし"]
        form = {
            str(field.attributes["name"]): str(field.attributes["value"]) for field in page.css("main input")
        }
        assert market.submit("/review", **form, answer="violation", violation_class="paid_review").ok

        assert market.show(likely.post_id)["state"] == "taken_down"
        (sent,) = inbox.about(likely.post_id)
        label = ReviewLabel.from_event(sent.body, sent.webhook_id, datetime.now(UTC))
        assert (label.answer, label.violation_class, label.source, label.revision) == (
            Answer.VIOLATION,
            "paid_review",
            Source.QUEUE,
            1,
        )

        page = market.page("/review")
        assert one(page, "article h2").text(strip=True) == unlikely.title, "the next comes up"
        assert one(page, "option[selected]").attributes["value"] == "", "the filter named no class"
        form |= {"post_id": unlikely.post_id}
        assert market.submit("/review", **form, answer="ok", violation_class="employment").ok
        (sent,) = inbox.about(unlikely.post_id)
        assert (sent.event["data"]["answer"], sent.event["data"]["violation_class"]) == ("ok", "")
        assert market.show(unlikely.post_id)["state"] == "visible"
        assert "審査を待つ投稿はありません" in market.page("/review").text()


def test_the_review_page_comes_up_without_bigquery(processes: Processes, tmp_path: Path) -> None:
    nowhere = {"GOOGLE_CLOUD_PROJECT": "p", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9"}
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url, "--queue", "auto", **nowhere) as market:
        post_id = market.post()
        assert "審査待ちの一覧を読めません" in one(market.page("/review"), "[role=status]").text()
        drawn = market.page("/review", source="patrol")
        assert one(drawn, "input[name=post_id]").attributes["value"] == post_id
