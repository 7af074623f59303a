"""Counting: the evidence of a training run from BigQuery, where training leaves one machine.

Only the posts that examine the filter are read, and of those only the ones that violate are cut into tokens
here, for their words.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn
from zoneinfo import ZoneInfo

import numpy as np

from shared.errors import StorageUnavailable, TrainingRefused
from shared.gcp.post_table import PostTable
from shared.gcp.token_table import Survey, TokenTable
from shared.spam.counts import Counts, Ids
from shared.spam.evidence import Evidence, Example, TrainingRules, Window, example, taught_of
from shared.spam.features import Featurizer
from shared.spam.labels import Label, LabelledPost

ATTEMPTS = 3
"""How often a window is surveyed while answers move the day from which on posts examine."""
MOST_UNTOKENISED = 0.01
"""The share of answered posts that may be without tokens (too long, no room in a reply) before it is told."""
NOT_TAUGHT = (
    "not taught: expected the tokens of every post one by one, came counts of them, which is all that "
    "training takes from BigQuery (SEKISHO_COUNTS); what serves of it stays as it is"
)
"""Why the challenger does not learn: the tokens of a window that large fit in no function."""


@dataclass(frozen=True)
class Census:
    """Where evidence comes from: the posts, the table of their tokens, and how posts become tokens.

    `zone` is the one whose midnights end a day. It gives what `studying.Study` gives, of the posts that have
    been tokenised, but for two things: the tokens of all posts, and words of posts that do not examine.
    """

    posts: PostTable
    tokens: TokenTable
    featurizer: Featurizer
    zone: ZoneInfo
    log: logging.Logger

    def evidence(self, window: Window, rules: TrainingRules, base_rate: float | None = None) -> Evidence:
        """What is known of the window's posts. Raises StorageUnavailable where trying again may help."""
        whole = window.start, window.end, self.zone
        survey = self._survey(window, rules)
        labels = survey.labels
        held_out = self._examples(labels[taught_of(len(labels), rules) :], survey, window)
        self._tell_untokenised(len(labels), window)
        patrolled, patrolled_violations = self.posts.patrol(*whole)
        return Evidence(
            labels=labels,
            counts=survey.counts + Counts.of(_listed(survey)),
            held_out=held_out,
            vocabulary={word for one in held_out for word in one.words},
            tokens=_not_taught,
            # A post may have been erased in between, or from `posts` alone.
            unlabelled=max(0, self.posts.count(*whole) - len(labels)),
            patrolled=patrolled,
            patrolled_violations=patrolled_violations,
            base_rate=base_rate,
        )

    def _survey(self, window: Window, rules: TrainingRules) -> Survey:
        """The window at one instant, with the tokens of the posts that examine at least."""
        names = self.featurizer.names
        days = self.tokens.days(window.start, window.end, self.zone, names)
        since = _first_examining(days, rules) or window.end
        for _ in range(ATTEMPTS):
            survey = self.tokens.survey(window.start, since, window.end, self.zone, names)
            examining = survey.labels[taught_of(len(survey.labels), rules) :]
            if not examining or _key(examining[0]) in survey.tokens:
                return survey
            since = examining[0].revised_at.astimezone(self.zone).date()
        raise StorageUnavailable(
            f"post_tokens: expected answers that leave the posts from {since} on to examine, came more of "
            f"them {ATTEMPTS} times while they were counted"
        )

    def _examples(self, examining: Sequence[Label], survey: Survey, window: Window) -> list[Example]:
        """The posts that examine with their text, as they were labelled and tokenised at the survey."""
        if not examining:
            return []
        wanted = {_key(one): one for one in examining}
        first = examining[0].revised_at.astimezone(self.zone).date()
        found: dict[tuple[str, int], Example] = {}
        otherwise = 0
        for one in self.posts.labelled(first, window.end, self.zone):
            if (label := wanted.get(one.post.key)) is None:
                continue
            labelled, ids = LabelledPost.of(one.post, label), survey.tokens[one.post.key]
            words: tuple[str, ...] = ()
            if label.is_violation:
                here = example(labelled, self.featurizer)
                words = here.words
                otherwise += not np.array_equal(here.ids, ids)
            found[one.post.key] = Example(labelled, ids, words)
        if gone := wanted.keys() - found.keys():
            raise StorageUnavailable(
                f"posts: expected the {len(wanted)} posts that examine from {first} on, came {len(gone)} "
                "fewer: a post that is erased must be erased from post_tokens too"
            )
        if otherwise:
            facts = {"violating": sum(one.is_violation for one in examining), "otherwise": otherwise}
            self.log.warning("post_tokens was made otherwise than posts are judged", extra={"facts": facts})
        return [found[key] for key in wanted]

    def _tell_untokenised(self, tokenised: int, window: Window) -> None:
        answered = self.tokens.answered(window.start, window.end, self.zone)
        if answered - tokenised > answered * MOST_UNTOKENISED:
            facts = {"answered": answered, "tokenised": tokenised}
            self.log.warning("answered posts have no tokens and teach nothing", extra={"facts": facts})


def _first_examining(days: Mapping[date, int], rules: TrainingRules) -> date | None:
    """The day of the first post that examines, by how many labels each day has; None without any."""
    labels = sum(days.values())
    before, taught = 0, taught_of(labels, rules)
    for day, those in sorted(days.items()):
        before += those
        if before > taught:
            return day
    return None


def _listed(survey: Survey) -> Iterator[tuple[Ids, str]]:
    """The posts whose tokens are there, as they are counted."""
    for one in survey.labels:
        if (ids := survey.tokens.get(_key(one))) is not None:
            yield ids, one.violation_class


def _key(label: Label) -> tuple[str, int]:
    return label.post_id, label.revision


def _not_taught() -> NoReturn:
    raise TrainingRefused(NOT_TAUGHT)
