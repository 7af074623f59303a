"""A message is kept as JSON and comes back the same, or says what is wrong with it."""

import json
import math
from datetime import date

import pytest

from shared.alerts.message import (
    BadMessage,
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
    from_json,
    to_json,
)

DAYS = (date(2026, 1, 1), date(2026, 1, 2))
LINE = ChartLine(
    "ctr",
    DAYS,
    (0.1, None),
    (1.0, 2.0),
    (None, None),
    (3.0, None),
    (Mark("event", DAYS[0], DAYS[1], "冬のセール"),),
    is_share=True,
)
WHOLE = Message(
    "recsys.item_slot: ctr 0.8 %",
    Severity.CRITICAL,
    (
        Text("line\nline", is_strong=True),
        Text("", is_small=True),
        Fields((("a", "b"),)),
        Bullets("", ("x", "y")),
        Links((Link("Dashboard", "https://example.com/?a=1&b=<2>"),)),
        Chart("alt", (LINE, LINE)),
    ),
    "@hana",
)


@pytest.mark.parametrize("message", [WHOLE, Message("", Severity.INFO)], ids=["everything", "nothing"])
def test_a_message_comes_back_the_same(message: Message) -> None:
    assert from_json(to_json(message)) == message


def test_a_kept_message_is_one_line() -> None:
    assert "\n" not in to_json(WHOLE)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_json_has_not_is_refused_when_it_is_kept(value: float) -> None:
    message = Message("h", Severity.INFO, (Chart("", (ChartLine("ctr", DAYS, (value, 1.0)),)),))
    with pytest.raises(BadMessage, match="expected finite numbers or None"):
        to_json(message)


def changed(place: str, value: object) -> str:
    kept = json.loads(to_json(WHOLE))
    if place.isdigit():
        kept["parts"][int(place)] = value
    else:
        kept[place] = value
    return json.dumps(kept)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected JSON"),
        ("[]", "expected an object with a list of parts"),
        ('{"headline": "x"}', "expected an object with a list of parts"),
        (changed("parts", {}), "expected an object with a list of parts"),
        (changed("severity", "loud"), "severity"),
        (changed("headline", None), "headline"),
        (changed("1", {"part": "Video"}), "part 1: expected a kind of part known here, came 'Video'"),
        (changed("1", {"text": "no kind"}), "part 1: expected a kind of part known here, came None"),
        (changed("1", "text"), "part 1"),
        (changed("1", {"part": "Text"}), "part 1, text"),
        (changed("5", {"part": "Chart", "alt": "", "lines": [{"title": "x"}]}), "part 5, lines.0.days"),
    ],
)
def test_what_can_not_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(BadMessage) as error:
        from_json(text)
    assert said in str(error.value)
