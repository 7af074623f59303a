"""Enforcement's surroundings in memory: a journal, a platform, the day's slots, people, and posts judged."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from shared.errors import StorageUnavailable
from shared.spam.enforcement import Cap, Desk, restore, take_down
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.takedowns import Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@dataclass
class Clock:
    """A clock that stands still until something takes time."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Journal:
    """Rows in memory, read as TakedownTable reads them: the furthest step, at the time of the newest."""

    rows: list[Takedown] = field(default_factory=list)
    full: bool = False

    def append(self, takedowns: Sequence[Takedown]) -> None:
        assert takedowns, "nothing to write down"
        if self.full:
            raise StorageUnavailable("full")
        self.rows += takedowns

    def state_of(self, post_id: str) -> TakedownState | None:
        found = self.latest(post_id)
        return found.state if found else None

    def latest(self, post_id: str) -> Takedown | None:
        rows = [row for row in self.rows if row.post_id == post_id]
        if not rows:
            return None
        return replace(
            max(rows, key=lambda row: row.state.rank), recorded_at=max(row.recorded_at for row in rows)
        )

    def states(self, post_id: str) -> list[TakedownState]:
        return [row.state for row in self.rows if row.post_id == post_id]


@dataclass
class Platform:
    """A platform in memory: remembers keys, and fails for the posts it is told to."""

    journal: Journal
    clock: Clock
    is_dry_run: bool = False
    fails: dict[str, Exception] = field(default_factory=dict)
    call_takes: timedelta = timedelta(0)
    down: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    while_called: Callable[[Takedown], None] | None = None

    def take_down(self, takedown: Takedown) -> TakedownState:
        assert TakedownState.REQUESTED in self.journal.states(takedown.post_id), (
            "called before it was recorded"
        )
        self._answer("takedown", takedown)
        self.down.add(takedown.post_id)
        return TakedownState.TAKEN_DOWN

    def restore(self, takedown: Takedown) -> TakedownState:
        assert TakedownState.RESTORE_REQUESTED in self.journal.states(takedown.post_id)
        self._answer("restore", takedown)
        self.down.discard(takedown.post_id)
        return TakedownState.RESTORED

    def _answer(self, act: str, takedown: Takedown) -> None:
        self.calls.append((act, takedown.post_id))
        self.clock.now += self.call_takes
        if self.while_called:
            self.while_called(takedown)
        if takedown.post_id in self.fails:
            raise self.fails[takedown.post_id]


@dataclass
class Slots:
    """The day's slots, in memory."""

    held: dict[date, list[str]] = field(default_factory=dict)

    def reserve(self, day: date, keys: Sequence[str], cap: int) -> Collection[str]:
        held = self.held.setdefault(day, [])
        for key in keys:
            if key not in held and len(held) < cap:
                held.append(key)
        return [key for key in keys if key in held]


@dataclass
class People:
    """Who answer on posts, perhaps while a takedown is being made."""

    keys: set[tuple[str, int]] = field(default_factory=set)
    asked_since: list[datetime] = field(default_factory=list)

    def answered(
        self, keys: Collection[tuple[str, int]], revised_at: datetime
    ) -> Collection[tuple[str, int]]:
        self.asked_since.append(revised_at)
        return self.keys & set(keys)


@dataclass
class Office:
    """Everything enforcement works with, in memory."""

    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    slots: Slots = field(default_factory=Slots)
    people: People = field(default_factory=People)
    minutes_open: int = 8

    def __post_init__(self) -> None:
        self.platform = Platform(self.journal, self.clock)
        self.desk = Desk(
            self.platform, self.journal, self.people, self.clock, NOW + timedelta(minutes=self.minutes_open)
        )

    def take_down(
        self, verdicts: list[Verdict], mode: Mode = Mode.AUTO, most: int = 0
    ) -> dict[TakedownState, int]:
        return dict(+take_down(verdicts, mode, Cap(most, TODAY, self.slots), self.desk))

    def restore(self, takedowns: list[Takedown]) -> dict[TakedownState, int]:
        return dict(+restore(takedowns, self.desk))


def verdict(post_id: str = "p-1", action: Action = Action.TAKE_DOWN, mode: Mode = Mode.AUTO) -> Verdict:
    return Verdict(post_id, 1, NOW, "bayes", "v", 0.99, action, "lure", (), "", mode, NOW)


def verdicts(many: int) -> list[Verdict]:
    return [verdict(f"p-{number}") for number in range(many)]


def takedown(state: TakedownState, post_id: str = "p-1", recorded_at: datetime = NOW) -> Takedown:
    return Takedown(post_id, 1, state, "bayes", "v", "lure", recorded_at)


def label(answer: Answer) -> ReviewLabel:
    return ReviewLabel("w", "p-1", 1, answer, "", Source.QUEUE, "r", NOW)


@dataclass
class NoPlatform:
    """Takedowns switched off."""

    is_dry_run: bool = True
    logged: list[str] = field(default_factory=list)

    def take_down(self, takedown: Takedown) -> TakedownState:
        self.logged.append(takedown.post_id)
        return TakedownState.DRY_RUN

    def restore(self, takedown: Takedown) -> TakedownState:
        self.logged.append(takedown.post_id)
        return TakedownState.RESTORE_REQUESTED
