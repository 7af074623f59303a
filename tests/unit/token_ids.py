"""Tokens of tests: words a person can read become what filters count and weigh."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from shared.spam.calibration import Calibration
from shared.spam.counts import Counts, Ids, array_of
from shared.spam.detectors.bayes import Bayes
from shared.spam.features import TokenIds, Tokens, bucket, token_id
from shared.spam.learning import weights_of
from shared.spam.weights import Weights

KNOWING_NOTHING = Calibration()


def ids_of(tokens: Iterable[str], *sequences: str) -> TokenIds:
    """The ids of a post with these named tokens and sequences of characters."""
    return Tokens(tuple(tokens), {bucket(sequence) for sequence in sequences}).ids()


def counted(posts: Iterable[tuple[Iterable[str], str]]) -> Counts:
    """The counts of posts given by their tokens and their class."""
    return Counts.of((array_of(ids_of(tokens)), name) for tokens, name in posts)


def weight_of(weights: Weights, token: str, column: int = 0) -> float:
    """What a named token weighs; 0 where it has no weight."""
    return sum(weights.at(weights.found(ids_of([token])), column))


def weighing(named: Mapping[str, Sequence[float]], sequences: Mapping[str, float] | None = None) -> Weights:
    """Weights of these tokens, as many columns as each has numbers, and of sequences of characters."""
    rows = sorted((token_id(token), tuple(numbers)) for token, numbers in named.items())
    buckets = sorted((bucket(sequence), number) for sequence, number in (sequences or {}).items())
    columns = list(zip(*(numbers for _, numbers in rows), strict=True)) or [()]
    return weights_of(
        array([token for token, _ in rows]),
        [np.array(column, np.float64) for column in columns],
        array([place for place, _ in buckets]),
        [np.array([number for _, number in buckets], np.float64)],
    )


def bayes_of(
    named: Mapping[str, float],
    sequences: Mapping[str, float] | None = None,
    calibration: Calibration = KNOWING_NOTHING,
    features: Sequence[str] = ("words",),
) -> Bayes:
    """A filter with these weights that tells no classes apart."""
    return Bayes(
        tuple(features),
        weighing({token: (number,) for token, number in named.items()}, sequences),
        {},
        calibration,
    )


def array(numbers: Sequence[int]) -> Ids:
    """Ids as they are counted by, all of them possible."""
    assert all(number < 1 << 32 for number in numbers)
    return np.array(numbers, np.uint32)
