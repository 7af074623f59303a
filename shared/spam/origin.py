"""Origin: where in the post as its author wrote it stands what detectors read."""

import re

from shared.spam.rewriting import Span, normalising, undecorating
from shared.spam.sources import VisibleText
from shared.spam.text import UNSEEN, normal_form, without_decoration


class Origin:
    """One title or body, as `text` is read of it (without decorations), and where that comes from.

    `shown` and `text` are that with decorations and without, where they are known. Made for posts that are to
    be explained: it costs several readings. Time is linear in the length.
    """

    def __init__(self, html: str, shown: str | None = None, text: str | None = None) -> None:
        self._visible = VisibleText(html)
        readable = normal_form(self._visible.text) if shown is None else shown
        self.text = without_decoration(readable) if text is None else text
        self._normalised, self._undecorated = normalising(self._visible.text), undecorating(readable)
        # The steps are text.py's; should they ever come apart, nothing is found rather than something wrong.
        self._is_known = self._normalised.text == readable and self._undecorated.text == self.text

    def spans(self, start: int, end: int) -> list[Span]:
        """The spans of the original that say what `text` says from `start` up to `end`, in reading order.

        Each is text alone, so that it can be wrapped in a tag: a word cut by tags or hidden parts is a span
        for each of its parts. Characters nobody sees that stand amid a word are in its span. A reference
        (&#x7a3c;) or a character that became several (㌔) is there as a whole. Empty where it is not sure.
        """
        if not self._is_known or not 0 <= start < end <= len(self.text):
            return []
        found: list[Span] = []
        start, end = self._normalised.before(*self._undecorated.before(start, end))
        if run := self._visible.run(start, end):
            return [run]
        for at, (source, source_end) in enumerate(self._visible.sources(start, end), start):
            if source < 0:
                character = self._visible.text[at]
                if character.isspace() or re.match(UNSEEN, character):
                    continue  # such as a line's end, for which stands a tag
                return []
            if found and source in (found[-1][1], found[-1][0]) and source_end >= found[-1][1]:
                found[-1] = found[-1][0], source_end
            else:
                found.append((source, source_end))
        return found
