"""Studying: the evidence of a training run, gathered day by day.

Posts are read and cut into tokens only where a day is new or its labels changed; all others are known from
the day store. The posts that examine the filter are read always: they are judged as they are written.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from zoneinfo import ZoneInfo

from shared.errors import BadModel, StorageUnavailable
from shared.gcp.day_store import DayStore
from shared.gcp.post_table import PostTable
from shared.spam.counts import Ids
from shared.spam.days import Day, WindowCounts, digest_of
from shared.spam.evidence import Evidence, Example, TrainingRules, Window, examples, taught_of
from shared.spam.features import Featurizer
from shared.spam.labels import Label, LabelledPost


@dataclass(frozen=True)
class Study:
    """Where evidence comes from: the posts, the days kept of them, and how posts become tokens.

    `zone` is the one whose midnights end a day.
    """

    posts: PostTable
    days: DayStore
    featurizer: Featurizer
    zone: ZoneInfo
    log: logging.Logger

    def evidence(self, window: Window, rules: TrainingRules, base_rate: float | None = None) -> Evidence:
        """What is known of the window's posts; the days that were read are kept for the next run."""
        whole = window.start, window.end, self.zone
        labels = list(self.posts.labels(*whole))
        examining = labels[taught_of(len(labels), rules) :]
        gathered = _Gathered(self, labels, examining)
        before = self._window()
        try:
            counted = before.moved(gathered.digests, gathered.day)
        except (BadModel, ValueError) as error:
            self.log.warning("the window is counted anew", extra={"facts": {"error": str(error)}})
            counted = WindowCounts().moved(gathered.digests, gathered.day)
        if counted.days != before.days:
            self.days.keep_window(counted)
        patrolled, patrolled_violations = self.posts.patrol(*whole)
        return Evidence(
            labels=labels,
            counts=counted.counts,
            held_out=gathered.examples(),
            vocabulary=counted.words,
            tokens=gathered.tokens,
            unlabelled=self.posts.count(*whole) - len(labels),
            patrolled=patrolled,
            patrolled_violations=patrolled_violations,
            base_rate=base_rate,
        )

    def _window(self) -> WindowCounts:
        try:
            return self.days.window()
        except BadModel as error:
            self.log.warning("the window is counted anew", extra={"facts": {"error": str(error)}})
            return WindowCounts()

    def kept(self, day: date, digest: str) -> Day | None:
        """A day as it is kept, or None: then it is made from its posts."""
        try:
            return self.days.day(day, digest)
        except BadModel as error:
            self.log.warning(
                "a day is counted anew", extra={"facts": {"day": day.isoformat(), "error": str(error)}}
            )
            return None


class _Gathered:
    """The days that a window's labels are of, each looked at once at most.

    Of the posts only those of days that examine are kept: all of a window do not fit in memory.
    """

    def __init__(self, study: Study, labels: Sequence[Label], examining: Sequence[Label]) -> None:
        self._study = study
        self._examining = {(one.post_id, one.revision): self._date(one) for one in examining}
        self._labels = {day: list(those) for day, those in groupby(labels, self._date)}
        self._days: dict[tuple[date, str], Day] = {}
        self._read: dict[date, list[LabelledPost]] = {}

    @cached_property
    def digests(self) -> Mapping[date, str]:
        """What names each day now."""
        made_by = self._study.featurizer.made_by
        return {day: digest_of(labels, made_by) for day, labels in self._labels.items()}

    def day(self, day: date, digest: str) -> Day:
        """A day by what names it; one of now is made where it is not kept. Raises BadModel for another."""
        if (day, digest) not in self._days:
            found = self._study.kept(day, digest)
            if found is None:
                if self.digests.get(day) != digest:
                    raise BadModel(f"{day}: expected the day's counts of then, to take them away, came none")
                found = Day.of(examples(self._posts(day), self._study.featurizer))
                self._study.days.keep_day(day, digest, found)
            self._days[day, digest] = found
        return self._days[day, digest]

    def tokens(self) -> list[Ids]:
        """The token ids of all labelled posts, oldest first."""
        return [ids for day, digest in self.digests.items() for ids in self.day(day, digest).tokens()]

    def examples(self) -> list[Example]:
        """The posts that examine, with their text."""
        found = []
        for day in dict.fromkeys(self._examining.values()):
            tokens = self.day(day, self.digests[day]).tokens()
            pairs = zip(self._posts(day), tokens, strict=True)
            found += [Example(one, ids) for one, ids in pairs if one.post.key in self._examining]
        return found

    def _posts(self, day: date) -> list[LabelledPost]:
        """The posts of a day, with the labels they had when the window was read."""
        if day in self._read:
            return self._read[day]
        study, labels = self._study, self._labels[day]
        until = day + timedelta(days=1)
        found = {one.post.key: one.post for one in study.posts.labelled(day, until, study.zone)}
        if gone := [one.post_id for one in labels if (one.post_id, one.revision) not in found]:
            raise StorageUnavailable(
                f"posts: expected the {len(labels)} labelled posts of {day} that were there a moment "
                f"ago, came {len(gone)} fewer"
            )
        posts = [LabelledPost.of(found[one.post_id, one.revision], one) for one in labels]
        if day in self._examining.values():
            self._read[day] = posts
        return posts

    def _date(self, label: Label) -> date:
        return label.revised_at.astimezone(self._study.zone).date()
