"""The console says what Slack says, with bars for pictures."""

import io
from datetime import date, timedelta

from shared.alerts.console import ConsoleChannel
from shared.alerts.message import (
    Bullets,
    Chart,
    ChartLine,
    Fields,
    Link,
    Links,
    Mark,
    Message,
    Severity,
    Text,
)

LAST = date(2026, 1, 16)


def written(message: Message, thread: str = "", *, aloud: bool = False) -> list[str]:
    stream = io.StringIO()
    ConsoleChannel(stream).send(message, "a-1", "#kpi-alerts", thread, aloud=aloud)
    return stream.getvalue().splitlines()


def line(*values: float | None, title: str = "ctr", marks: tuple[Mark, ...] = ()) -> ChartLine:
    days = tuple(LAST - timedelta(days=len(values) - 1 - n) for n in range(len(values)))
    return ChartLine(title, days, values, marks=marks)


def test_all_parts_are_written_in_order() -> None:
    whole = Message(
        "ctr 0.8 %",
        Severity.CRITICAL,
        (
            Text("strong", is_strong=True),
            Text("small", is_small=True),
            Fields((("owner", "hana"),)),
            Bullets("What to do", ("repair",)),
            Links((Link("Dashboard", "https://example.com"),)),
        ),
        "@hana",
    )
    assert written(whole)[1:] == [
        "#kpi-alerts", "🚨 ctr 0.8 %", "→ @hana", "", "strong", "  small", "owner: hana", "", "What to do",
        "  • repair", "Dashboard: https://example.com",
    ]  # fmt: skip


def test_a_chart_is_bars_with_its_anomaly_beneath() -> None:
    wrong = Mark("anomaly", LAST, LAST)
    sale = Mark("event", LAST - timedelta(days=3), LAST - timedelta(days=2))
    chart = Chart("", (line(10, 20, 20, None, 20, 3, marks=(wrong, sale)),))
    shown = written(Message("h", Severity.INFO, (chart,)))[3:]
    assert shown[:2] == ["  ▄██·█▁  3–20", "    ┄┄ ▲"]


def test_many_lines_are_named() -> None:
    chart = Chart("", (line(1, 2, title="ctr"), line(5, 5, title="clicks")))
    assert written(Message("h", Severity.INFO, (chart,)))[3:] == ["  ctr  ▁█  1–2", "  clicks  ▅▅  5"]


def test_a_line_without_values_is_left_out() -> None:
    assert written(Message("h", Severity.INFO, (Chart("", (line(None, None),)),)))[3:] == []


def test_a_reply_is_set_in() -> None:
    assert all(each.startswith("  │") for each in written(Message("h", Severity.INFO), "x", aloud=True))
    assert "seen by all" in written(Message("h", Severity.INFO), "x", aloud=True)[1]


def test_a_terminal_obeys_nothing_in_data() -> None:
    evil = Message("\x1b[2J", Severity.INFO, (Text("a\x07b\u202e"),))
    assert not [sign for sign in "".join(written(evil)) if not sign.isprintable()]
