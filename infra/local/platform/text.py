"""A post's HTML as the text a reviewer reads: nothing of it is ever rendered."""

import re

from shared.spam.html import visible_text

_LINK = re.compile(
    r"""(?=<a[\s/][^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+)))""", re.IGNORECASE
)


def readable(html: str) -> str:
    """The text of `html`, a line per block, and each link's target before the link's text.

    It is the text detectors read, so that no markup hides from people what the filter saw. Where a link
    leads is often what gives a violator away.
    """
    text = visible_text(_LINK.sub(lambda link: f"[{link[1] or link[2] or link[3] or ''}] ", html))
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)
