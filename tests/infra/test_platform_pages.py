"""The stand-in platform's pages: what people see, do and can not be made to do."""

from datetime import UTC, datetime

import pytest
import requests
from selectolax.lexbor import LexborHTMLParser

from infra.local.platform.text import readable
from shared.spam.events import read_post
from tests.infra.marketplace import Inbox, Market, new_id, one

NOW = datetime.now(UTC).replace(microsecond=0)
ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


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
        "/posts/new", {"title": "題名", "body": "<p>本文</p>", "category": "writing", "author_id": "u-7"}
    )
    assert answer.status_code == 303
    where = answer.headers["Location"]
    post_id = where.rsplit("/", 1)[1]
    (sent,) = inbox.about(post_id)
    post = read_post(sent.body, datetime.now(UTC))
    assert (post.title, post.body, post.category, post.author_id) == (
        "題名",
        "<p>本文</p>",
        "writing",
        "u-7",
    )
    form = market.page(f"{where}/edit")
    assert one(form, "#body").text(strip=True) == "<p>本文</p>"
    assert (
        market.submit(f"{where}/edit", {"title": "後", "body": "<p>後</p>", "category": ""}).status_code
        == 303
    )
    edited = read_post(inbox.about(post_id, 2)[1].body, datetime.now(UTC))
    assert (edited.revision, edited.title, edited.author_id) == (2, "後", "u-7")
    assert market.submit(f"{where}/delete", {}).status_code == 303
    assert market.show(post_id)["state"] == "deleted"
    market.page(f"{where}/edit", status=404)


def test_a_form_that_is_refused_comes_back_as_it_was_filled_in(market: Market) -> None:
    answer = market.submit("/posts/new", {"title": "t" * 10_001, "body": "<b>本文</b>"})
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
    assert market.submit("/posts/new", form, headers).status_code == status
    assert market.ask("GET", f"posts?q={title}")["total"] == (1 if status == 303 else 0)


def test_the_form_of_the_page_itself_is_let_through(market: Market) -> None:
    post_id = market.post()
    headers = {"Origin": market.url, "Sec-Fetch-Site": "same-origin"}
    assert market.submit(f"/posts/{post_id}/delete", {}, headers).status_code == 303


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
        ("<p>一</p><p>二<br>三</p>", "一\n二\n三"),
        ('<a class=b href="http://e.example/?a=1&amp;b">ここ</a>', "[http://e.example/?a=1&b] ここ"),
        ("<A HREF='http://e.example'>ここ</A>", "[http://e.example] ここ"),
        ("<a>ここ</a>", "ここ"),
        ("<head>見える", "見える"),
        ("<script>x</script>見える<style>y</style>", "見える"),
    ],
)
def test_a_reviewer_reads_the_text_and_where_links_lead(html: str, text: str) -> None:
    assert readable(html) == text


def test_pages_that_make_no_sense_are_not_found(market: Market) -> None:
    for path in ("/nonsense", "/review?source=me", "/review?source=appeal"):
        market.page(path, status=404)
