"""Block Kit holds whatever a message says within Slack's limits, and nothing in it is obeyed."""

from typing import Any

import pytest

from infra.local.slack.block_rules import check_blocks
from shared.alerts.block_kit import blocks, fallback
from shared.alerts.markup import escape, mention
from shared.alerts.message import Bullets, Chart, Fields, Link, Links, Message, Severity, Text

LINKS = Links((Link("Dashboard", "https://example.com/?a=1&b=2"),))


def rendered(*parts: Any, headline: str = "h", owner: str = "", **more: Any) -> list[dict[str, Any]]:
    """The blocks, after Slack's rules found nothing wrong with them."""
    made = blocks(
        Message(headline, Severity.CRITICAL, parts, owner),
        more.pop("files", {}),
        "en",
        more.pop("apology", ""),
    )
    check_blocks(made, lambda file: file == "F0CHART")
    return made


def texts(made: list[dict[str, Any]]) -> list[str]:
    return [each["text"]["text"] for each in made if each["type"] == "section" and "text" in each]


def test_every_part_has_its_block() -> None:
    made = rendered(
        Text("ctr 0.8 %", is_strong=True),
        Text("since 10 January", is_small=True),
        Chart("ctr over 90 days", ()),
        Fields((("owner", "hana"),)),
        Bullets("What to do", ("repair", "tune")),
        LINKS,
        files={2: "F0CHART"},
        owner="U0HANA1234",
    )
    kinds = [each["type"] for each in made]
    assert kinds == ["header", "context", "section", "context", "image", "section", "section", "section"]
    assert made[0]["text"]["text"] == "🚨 h"
    assert made[1]["elements"][0]["text"] == "<@U0HANA1234>"
    assert made[4]["slack_file"] == {"id": "F0CHART"}
    assert texts(made) == [
        "*ctr 0.8 %*",
        "*What to do*\n• repair\n• tune",
        "<https://example.com/?a=1&amp;b=2|Dashboard>",
    ]


@pytest.mark.parametrize(
    ("owner", "called"),
    [
        ("U0HANA1234", "<@U0HANA1234>"),
        ("W0HANA1234", "<@W0HANA1234>"),
        ("S0TEAM1234", "<!subteam^S0TEAM1234>"),
        ("@hana", "@hana"),
        ("SALES", "SALES"),
        ("<!channel>", "&lt;!channel&gt;"),
    ],
)
def test_owners_are_called_by_their_id_and_named_otherwise(owner: str, called: str) -> None:
    assert mention(owner) == called


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<!channel> <@U0HANA1234> <https://evil.example|x>", None),
        ("item_slot_daily", "item_slot_daily"),
        ("*bold* _slanted_ ~gone~ `code`", None),
        (":fire: 10:30:00", None),
    ],
)
def test_nothing_in_data_is_markup(data: str, shown: str | None) -> None:
    escaped = escape(data)
    assert "<" not in escaped
    if shown is not None:
        assert escaped == shown
    plain = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u2060", "")
    assert plain == data
    for sign in "*~`":
        assert all(
            escaped[n - 1] == escaped[n + 1] == "\u2060" for n, each in enumerate(escaped) if each == sign
        )
    assert ":fire:" not in escaped


def test_a_link_that_is_none_is_shown_as_text() -> None:
    [shown] = texts(rendered(Links((Link("x", "javascript:alert(1)"), Link("y", "https://e.com/a b|c")))))
    assert "<" not in shown
    assert "javascript:alert(1)" in shown


LONG: dict[str, tuple[Any, ...]] = {
    "one text": (Text("あ" * 9_000),),
    "strong": (Text("&" * 3_000, is_strong=True),),
    "small": (Text("<" * 4_000, is_small=True),),
    "many texts": tuple(Text(f"text {n}") for n in range(80)),
    "much text": tuple(Text("x" * 2_900) for _ in range(8)),
    "many fields": (Fields(tuple((f"name {n}", "v" * 300) for n in range(25))),),
    "long bullets": (Bullets("t" * 200, tuple("b" * 500 for _ in range(20))),),
    "nothing": (
        Text(""),
        Text("", is_small=True),
        Text("", is_strong=True),
        Bullets("", ()),
        Links(()),
        Fields(()),
    ),
    "a long alt": (Chart("a" * 4_000, ()),),
}


@pytest.mark.parametrize("what", LONG)
def test_the_links_stay_whatever_else_has_to_go(what: str) -> None:
    made = rendered(
        *LONG[what], LINKS, headline="見" * 400, files={0: "F0CHART"}, apology="Slack did not take it"
    )
    assert len(made[0]["text"]["text"]) <= 150
    assert texts(made)[-1].startswith("<https://example.com/")


def test_what_was_cut_is_said() -> None:
    made = rendered(*(Text(f"text {n}") for n in range(80)), LINKS)
    assert made[-2]["elements"][0]["text"] == "… (shortened)"
    assert len(made) == 50
    assert "shortened" not in str(rendered(*(Text(f"text {n}") for n in range(40)), LINKS))


def test_a_text_is_not_cut_within_an_escaped_sign() -> None:
    [shown] = texts(rendered(Text("x" * 2_997 + "<<<<")))
    assert len(shown) <= 3_000
    assert shown.endswith("x…")


def test_missing_charts_are_apologised_for() -> None:
    made = rendered(Chart("ctr", ()), Text("x"), apology="Slack did not take it (missing_scope)")
    assert "image" not in [each["type"] for each in made]
    assert "missing" in made[-1]["elements"][0]["text"]


def test_the_fallback_says_all_and_obeys_nothing() -> None:
    whole = Message(
        "ctr <!here>",
        Severity.WARNING,
        (Text("a"), Fields((("n", "v"),)), Bullets("t", ("i",)), LINKS, Chart("alt", ())),
        "S0TEAM1234",
    )
    lines = fallback(whole).split("\n")
    assert lines[:3] == ["⚠️ ctr &lt;!here&gt;", "<!subteam^S0TEAM1234>", "a"]
    assert lines[3:] == ["n: v", "t", "• i", "<https://example.com/?a=1&amp;b=2|Dashboard>", "alt"]
    assert len(fallback(Message("x" * 9_000, Severity.INFO))) <= 4_000
