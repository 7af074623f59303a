"""First look: a post whose characters alone leave no doubt that it is ordinary is left alone by them.

Most posts are ordinary, and finding their words takes a judge longer than everything else. What their
sequences of characters say is known sooner, and is nearly the same. How sure they must be is learnt on
held-out posts (looking.py); a filter that had too few of those has no first look. Where they are not sure,
and wherever a post has what evasion or a lure needs, it is read in full, as if there had been none.
"""

from dataclasses import dataclass

from shared.spam.evasion import unmasked
from shared.spam.structure import LONGEST_READ, has_contact

NOTE = "ordinary at first look: its words were not read"
"""The remark of such a verdict, in place of reasons."""


@dataclass(frozen=True)
class FirstLook:
    """How sure characters must be.

    Of a post that leaves early they say at most `most`, as a raw score, and of its sequences the share
    `least_known` or more says something: a text of sequences nobody saw before is not known to be ordinary.
    What a full look would say is reckoned with: `slope` times that, and `intercept`.
    """

    most: float
    least_known: float
    slope: float
    intercept: float

    def is_enough(self, raw: float, known: float) -> bool:
        """Whether a post need not be read in full whose characters say this, so large a share of them."""
        return raw <= self.most and known >= self.least_known

    def expected(self, raw: float) -> float:
        """The raw score a full look would give."""
        return self.slope * raw + self.intercept


def must_be_read(shown_title: str, shown_body: str, html: str) -> bool:
    """Whether a post is to be read in full whatever its characters say; titles and bodies as they are shown.

    Masked words, addresses and ways of contact are few among hundreds of sequences: ordinary text around them
    would drown them. Of a text longer than is looked into for them, nobody knows whether it has any.
    """
    if len(shown_title) + len(shown_body) > LONGEST_READ or len(html) > LONGEST_READ:
        return True
    shown = f"{shown_title}\n{shown_body}"
    return has_contact(shown, html) or bool(unmasked(shown))
