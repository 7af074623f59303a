"""A post's HTML as the text a reviewer reads: nothing of it is ever rendered."""

import re

from shared.spam.html import visible_text
from shared.spam.rewriting import Rewriting

_LINK = re.compile(
    r"""(?=<a[\s/][^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+)))""", re.IGNORECASE
)


def readable(html: str) -> str:
    """The text of `html`, a line per block, and each link's target before the link's text.

    It is the text detectors read, so that no markup hides from people what the filter saw. Where a link
    leads is often what gives a violator away.
    """
    text = visible_text(with_link_targets(html).text)
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)


def with_link_targets(html: str) -> Rewriting:
    """`html` with each link's target before the link."""
    linked = Rewriting(html)
    linked.change(
        (at, at + 1, f"[{link[1] or link[2] or link[3] or ''}] <")
        for link in _LINK.finditer(html)
        for at in [link.start()]
    )
    return linked
