"""A reviewer sees why: the reasons of a verdict, and where they stand, over HTTP and in a browser."""

import dataclasses
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from infra.local.processes import Processes
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client
from shared.gcp.post_table import PostTable
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.verdict_table import VerdictTable
from shared.settings import Cloud
from shared.spam.detectors.banned_words import ANY_HIT, BannedWord, BannedWords
from shared.spam.judging import judge
from shared.spam.posts import Post
from shared.spam.takedowns import Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Place, Reason
from tests.browser import chromium
from tests.infra.marketplace import Inbox, Market, new_id, one

NOW = datetime.now(UTC).replace(microsecond=0)
TITLE = "【急募】スマホで副業"
BODY = (
    "<p>稼<b>げ</b>る&#x526f;業。<script>副業</script><!-- 副業 --></p>\n<div hidden>副業</div>"
    "<p><a href='https://evil.example/?q=<副業>'>不\u200b労所得</a> &lt;b&gt;経験&lt;/b&gt; 不要</p>"
)
LIST = [BannedWord(word, "affiliate_lure") for word in ("稼げる", "副業", "不労所得", "<b>経験")]
DESK, PHONE = (1280, 1000), (390, 844)


@pytest.fixture(scope="module")
def judged() -> Post:
    return Post(new_id(), 1, NOW, NOW, TITLE, BODY, category="writing")


@pytest.fixture(scope="module")
def appealed() -> Post:
    return Post(new_id(), 1, NOW, NOW, "題名", "<p>権利<i>収入</i></p>")


@pytest.fixture(scope="module")
def market(
    processes: Processes,
    tmp_path_factory: pytest.TempPathFactory,
    cloud_settings: Cloud,
    judged: Post,
    appealed: Post,
) -> Iterator[Market]:
    """A platform beside a Sekisho that has judged two posts, and had one of them taken down."""
    cloud = dataclasses.replace(cloud_settings, dataset=f"reasons_{uuid.uuid4().hex[:12]}")
    client = bigquery_client(cloud)
    create_tables(client, cloud.dataset)
    PostTable(client, cloud.dataset).append([judged, appealed], NOW)
    verdict = judge(judged, BannedWords(LIST), ANY_HIT, Mode.REVIEW, NOW)
    against = Reason("経験", -0.41, (Place("body", BODY.index("経験"), BODY.index("経験") + 2),))
    whole = Reason("記号の割合", 0.2)
    verdict = dataclasses.replace(verdict, reasons=(*verdict.reasons, against, whole))
    down = judge(appealed, BannedWords([BannedWord("権利収入")]), ANY_HIT, Mode.AUTO, NOW)
    down = dataclasses.replace(down, action=Action.TAKE_DOWN, detector="bayes")
    VerdictTable(client, cloud.dataset).append([verdict, down])
    TakedownTable(client, cloud.dataset).append(
        [Takedown(appealed.post_id, 1, TakedownState.TAKEN_DOWN, "bayes", "v", "", NOW)]
    )
    environment = {
        "GOOGLE_CLOUD_PROJECT": cloud.project,
        "SEKISHO_DATASET": cloud.dataset,
        "BIGQUERY_EMULATOR_HOST": str(cloud.bigquery_emulator),
    }
    folder = tmp_path_factory.mktemp("reasons")
    with (
        Inbox() as inbox,
        Market(processes, folder, inbox.url, "--queue", "bigquery", **environment) as market,
    ):
        market.ask("POST", "posts?announce=false", [post.to_event()["data"] for post in (judged, appealed)])
        yield market


def test_each_reason_is_pointed_out_where_it_stands_and_nothing_hidden_is(market: Market) -> None:
    page = market.page("/review")
    assert [mark.text() for mark in page.css("article h2 mark")] == ["副業"]
    marks = [(mark.text(), mark.attributes["class"]) for mark in page.css("article .body mark")]
    assert marks == [
        *(("稼げる", "against"), ("副業", "against"), ("不\u200b労所得", "against")),
        *(("<b>経験", "against"),),
    ]
    assert one(page, "article .body").css("script, b") == [], "nothing of a post is ever rendered"
    raw = one(page, "article pre")
    assert [mark.text() for mark in raw.css("mark")] == [
        *("稼", "げ", "る", "&#x526f;業", "不\u200b労所得", "&lt;b&gt;経験"),
    ]
    assert raw.text() == BODY


def test_reasons_are_listed_with_their_weights_by_what_they_speak_for(market: Market) -> None:
    page = market.page("/review")
    assert [title.text() for title in page.css("section h3")] == ["違反を示す理由", "問題なしを示す理由"]
    lists = [
        [part.text(strip=True) for part in reasons.css("dt, .number")] for reasons in page.css("dl.reasons")
    ]
    assert lists == [
        ["稼げる", "+1.00", "副業", "+1.00", "不労所得", "+1.00", "<b>経験", "+1.00", "記号の割合", "+0.20"],
        ["経験", "-0.41"],
    ]


def test_every_link_between_a_reason_and_its_places_leads_somewhere(market: Market) -> None:
    page = market.page("/review")
    ids = [element.attributes["id"] for element in page.css("[id]")]
    assert len(ids) == len(set(ids))
    links = [str(link.attributes["href"]) for link in page.css("main a[href^='#']")]
    assert {f"#seen-{number}" for number in range(1, 5)} < set(links)
    assert {link[1:] for link in links} <= set(ids)
    assert not page.css("script")
    for link in page.css("a.to-reason"):
        assert "違反を示す" in str(link.attributes["aria-label"])
    assert not page.css("#reason-6 a"), "the size of a post's symbols stands nowhere"


def test_an_appeal_shows_why_the_post_was_taken_down(market: Market, appealed: Post) -> None:
    page = market.page("/review", source="appeal", post_id=appealed.post_id)
    assert [mark.text() for mark in page.css("article .body mark")] == ["権利収入"]
    assert one(page, ".reasons dt").text(strip=True) == "権利収入"


def test_the_patrol_is_not_told_what_the_filter_saw(market: Market, judged: Post) -> None:
    page = market.page("/review", source="patrol", post_id=judged.post_id)
    assert not page.css("mark, .reasons")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_reviewer_sees_the_reasons_and_reaches_them_by_keyboard(
    browser: Browser, market: Market, size: tuple[int, int], tmp_path: Path
) -> None:
    context = browser.new_context(
        java_script_enabled=True, viewport={"width": size[0], "height": size[1]}, color_scheme="light"
    )
    page = context.new_page()
    page.goto(f"{market.url}/review", wait_until="networkidle")
    mark = page.locator("article .body mark").first
    assert mark.is_visible()
    assert mark.evaluate("mark => getComputedStyle(mark).backgroundColor") == "rgb(252, 228, 226)"
    assert mark.evaluate("mark => getComputedStyle(mark).borderBottomStyle") == "solid", "not told by colour"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    reason = page.locator("#reason-3 a")
    reason.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "seen-3"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "reason-3", "and back"
    mark.scroll_into_view_if_needed()
    shot = Image.open(page.screenshot(path=tmp_path / "review.png") and tmp_path / "review.png").convert(
        "RGB"
    )
    colours = {colour for _, colour in shot.getcolors(shot.width * shot.height) or []}
    assert (252, 228, 226) in colours
    context.close()
