"""Explaining: a verdict's reasons get their places in the post, so that a page can show what was seen."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Protocol, runtime_checkable

from shared.spam.origin import Origin
from shared.spam.posts import Post
from shared.spam.seen import Seen
from shared.spam.verdicts import Place, Reason

MOST_FINDS = 3
"""So many times a reason is pointed out in a post: the first ones. A reader needs no more to see it."""
MOST_PLACES = 12
"""The places of one reason, at most: a word that tags cut up has a place for each of its parts."""


@runtime_checkable
class Explains(Protocol):
    """A detector that can tell where its reasons stand."""

    def places(self, post: Post, tokens: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        """Where each of `tokens`, its reasons' own, stands in title or body `as_seen`, without decorations.

        In the order of reading; a token without a place may be left out.
        """

    def as_seen(self, post: Post) -> Seen:
        """`post` as its reader sees it, which judging it may have told already."""


def placed(post: Post, detector: object, reasons: tuple[Reason, ...]) -> tuple[tuple[Reason, ...], str]:
    """`reasons` with their places in `post` as its author wrote it, as far as they can be told.

    Every place is text without markup in it, and what is hidden is never in one (origin.py). An explanation
    must not cost the verdict: where the detector fails, the reasons come back as they were, with a remark.
    """
    if not reasons or not isinstance(detector, Explains):
        return reasons, ""
    try:
        found = detector.places(post, [reason.token for reason in reasons])
        seen = detector.as_seen(post)
        texts = {
            "title": (post.title, seen.shown_title, seen.title),
            "body": (post.body, seen.shown_body, seen.body),
        }
        origins = {field: Origin(*texts[field]) for field in {one.field for one in chain(*found.values())}}
        explained = [
            Reason(one.token, one.weight, _in_original(found.get(one.token, ()), origins)) for one in reasons
        ]
    except Exception as error:
        return reasons, f"could not be explained: finding the reasons failed with {type(error).__name__}"
    return tuple(explained), ""


def _in_original(finds: Sequence[Place], origins: Mapping[str, Origin]) -> tuple[Place, ...]:
    places: list[Place] = []
    known = 0
    for field, start, end in finds:
        if spans := origins[field].spans(start, end):
            places += [Place(field, *span) for span in spans]
            known += 1
            if known == MOST_FINDS:
                break
    return tuple(dict.fromkeys(places))[:MOST_PLACES]
