"""The daily step and the full recount as the core has them: the one place of the benchmark that knows how."""

from collections.abc import Sequence
from functools import reduce

from shared.spam.batches import read_all
from shared.spam.counts import NOTHING, Counts
from shared.spam.detectors.bayes import Bayes
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import LabelledPost
from shared.spam.learning import learn
from shared.spam.tokens import Tokenizer


class Window:
    """The counts of some days, of each and of all together.

    `dictionary` is the folder of MeCab's; without one, IPADIC as it is.
    """

    def __init__(self, dictionary: str | None = None) -> None:
        self._featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer(dictionary))

    def counted(self, day: Sequence[LabelledPost]) -> Counts:
        """A day's posts, read from their HTML and counted."""
        read = read_all((one.post for one in day), self._featurizer)
        return Counts.of((ids, one.violation_class) for one, (_, ids) in zip(day, read, strict=True))

    def total(self, days: Sequence[Counts]) -> Counts:
        """The counts of several days that are stored."""
        return reduce(lambda one, other: one + other, days, NOTHING)

    def step(self, total: Counts, entering: Sequence[LabelledPost], leaving: Counts) -> tuple[Counts, Bayes]:
        """The daily step: the new day read and counted, the old one taken away, weights made."""
        moved = total + self.counted(entering) - leaving
        return moved, learn(moved, DEFAULT_FEATURES)

    def recount(self, days: Sequence[Sequence[LabelledPost]]) -> tuple[Counts, Bayes]:
        """The same from the posts of every day."""
        total = self.counted([one for day in days for one in day])
        return total, learn(total, DEFAULT_FEATURES)
