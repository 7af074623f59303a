"""Reasons: the tokens that weighed most in a score, as a person can read them.

Words, pairs and signs have a name. Sequences of characters are buckets: which ones a post has is found in its
text again, and those that overlap are told as the one piece of text they are.
"""

from collections.abc import Mapping, Sequence

from shared.spam.features import LONGEST_SEQUENCE, Tokens, bucket
from shared.spam.verdicts import Reason

MOST_REASONS = 10
_HEAVIEST_SEQUENCES = 40
"""Sequences looked for in the text, when no named token spoke."""
_LONGEST_SEARCHED = 5_000
"""Characters of text they are looked for in."""
_LONGEST_PIECE = 40
"""Characters of a reason: a text all of heavy sequences is not told as one."""


def reasons(tokens: Tokens, shares: Mapping[int, float]) -> tuple[Reason, ...]:
    """What weighed most in a post, with its share of the raw score; the heaviest first, at most ten.

    `shares` are by token id. Only where no named token spoke (a text no dictionary reads) are pieces of text
    named.
    """
    pairs = zip(tokens.named, tokens.ids().named, strict=True)
    found = [(token, shares[of]) for token, of in pairs if of in shares]
    return _heaviest(found or _pieces(tokens.text[:_LONGEST_SEARCHED], shares))


def named_reasons(tokens: Tokens, shares: Sequence[tuple[int, float]]) -> tuple[Reason, ...]:
    """The same where named tokens spoke, whose `shares` are by their places; else none."""
    if len(shares) > MOST_REASONS:
        least = sorted([abs(share) for _, share in shares])[-MOST_REASONS]
        shares = [(place, share) for place, share in shares if abs(share) >= least]
    return _heaviest([(tokens.named[place], share) for place, share in shares])


def _heaviest(found: list[tuple[str, float]]) -> tuple[Reason, ...]:
    found.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
    return tuple(Reason(token, round(weight, 4)) for token, weight in found[:MOST_REASONS])


def _pieces(text: str, shares: Mapping[int, float]) -> list[tuple[str, float]]:
    """Pieces of `text` made of heavy sequences that overlap and speak the same way, each once."""
    if not shares:
        return []
    heavy = dict(sorted(shares.items(), key=lambda pair: -abs(pair[1]))[:_HEAVIEST_SEQUENCES])
    placed = [
        (start, start + length, share)
        for start in range(len(text))
        for length in range(1, min(LONGEST_SEQUENCE, len(text) - start) + 1)
        if (share := heavy.get(bucket(text[start : start + length])))
    ]
    pieces: dict[str, float] = {}
    for is_for in (True, False):
        spans = [one for one in placed if (one[2] > 0) == is_for]
        while spans:
            start, end, _ = spans[0]
            run = [spans.pop(0)]
            while spans and spans[0][0] < end and spans[0][1] - start <= _LONGEST_PIECE:
                end = max(end, spans[0][1])
                run.append(spans.pop(0))
            weight = sum({text[first:last]: share for first, last, share in run}.values())
            pieces.setdefault(text[start:end].strip() or text[start:end], weight)
    return list(pieces.items())
