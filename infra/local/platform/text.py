"""A post's HTML as the text a reviewer reads: nothing of it is ever rendered."""

import re

from shared.spam.text import visible_text

_LINK = re.compile(
    r"""(?=<a[\s/][^<>]*?href\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'<>]+)))""", re.IGNORECASE
)


def readable(html: str) -> str:
    """The text of `html` with its line breaks, and each link's target before the link's text.

    It is the text detectors read, so that no markup hides from people what the filter saw. Where a link
    leads is often what gives a violator away.
    """
    text = visible_text(_LINK.sub(lambda link: f"[{link[1] or link[2] or link[3] or ''}] ", html))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip()
