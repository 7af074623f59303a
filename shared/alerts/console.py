"""Console: the twin of Slack for a terminal. The same words, and charts as lines of small bars."""

from collections.abc import Iterator
from datetime import date
from typing import TextIO

from shared.alerts.block_kit import SIGNS
from shared.alerts.channel import Sent
from shared.alerts.message import Bullets, Chart, ChartLine, Fields, Links, Message, Part, Text
from shared.alerts.numbers import Language, in_words, range_in_words

BARS = "▁▂▃▄▅▆▇█"
NO_VALUE, WRONG, EVENT = "·", "▲", "┄"
MOST_DAYS = 60
RULER = "─" * 78

type Value = float | None


class ConsoleChannel:
    """Writes alerts to a stream, and remembers as long as it lives what it wrote."""

    def __init__(self, stream: TextIO, language: Language = "en") -> None:
        self._stream = stream
        self._language: Language = language
        self._sent: dict[tuple[str, str, str], Sent] = {}

    def send(
        self, message: Message, alert_id: str, channel: str, thread: str = "", *, aloud: bool = False
    ) -> Sent:
        """Writes `message`; one of a thread is set in, and says if all see it."""
        margin = "  │ " if thread else ""
        place = f"{channel}{' ↳' if thread else ''}{' (seen by all)' if thread and aloud else ''}"
        lines = [RULER, place, *_lines(message, self._language)]
        for line in lines:
            self._stream.write(f"{margin}{line}".rstrip() + "\n")
        self._stream.flush()
        sent = Sent(channel, thread or alert_id)
        self._sent[alert_id, channel, thread] = sent
        return sent

    def find(self, alert_id: str, channel: str, thread: str = "") -> Sent | None:
        """The message written under `alert_id`, None where there was none."""
        return self._sent.get((alert_id, channel, thread))


def _lines(message: Message, language: Language) -> Iterator[str]:
    yield f"{SIGNS[message.severity]} {_printable(message.headline)}"
    if message.mention:
        yield f"→ {_printable(message.mention)}"
    for part in message.parts:
        yield from (_printable(line) for line in _part(part, language))


def _part(part: Part, language: Language) -> Iterator[str]:
    match part:
        case Text():
            if part.is_strong:
                yield ""
            yield from (f"  {line}" if part.is_small else line for line in part.text.splitlines())
        case Fields():
            yield from (f"{name}: {value}" for name, value in part.pairs)
        case Bullets():
            yield ""
            yield part.title
            yield from (f"  • {item}" for item in part.items)
        case Links():
            yield from (f"{link.text}: {link.url}" for link in part.links)
        case Chart():
            for line in part.lines:
                yield from _bars(line, language, is_named=len(part.lines) > 1)


def _bars(line: ChartLine, language: Language, *, is_named: bool) -> Iterator[str]:
    """A line's last 60 days as bars, from its lowest to its highest, with a row of signs beneath."""
    days, values = line.days[-MOST_DAYS:], line.values[-MOST_DAYS:]
    known = [value for value in values if value is not None]
    if not known:
        return
    low, high = min(known), max(known)
    ends = in_words([low, high], is_share=line.is_share, language=language)
    shown = ends[0] if ends[0] == ends[1] else range_in_words(ends[0], ends[1], language)
    name = f"{line.title}  " if is_named else ""
    yield f"  {name}{''.join(_bar(value, low, high) for value in values)}  {shown}"
    signs = "".join(_sign(line, day) for day in days)
    if signs.strip():
        yield f"  {' ' * len(name)}{signs}"
    if not is_named:
        first, last = days[0].isoformat(), days[-1].isoformat()
        yield f"  {first}{last.rjust(max(len(days) - len(first), len(last) + 1))}"


def _bar(value: Value, low: float, high: float) -> str:
    if value is None:
        return NO_VALUE
    share = (value - low) / (high - low) if high > low else 0.5
    return BARS[round(share * (len(BARS) - 1))]


def _sign(line: ChartLine, day: date) -> str:
    """What is to be said of a day: outside the band, else within an event."""
    kinds = {mark.kind for mark in line.marks if mark.start <= day <= mark.end}
    return WRONG if "anomaly" in kinds else EVENT if kinds & {"event", "holiday", "drift"} else " "


def _printable(line: str) -> str:
    """`line` without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "�" for sign in line)
