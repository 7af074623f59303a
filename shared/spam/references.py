"""Character references of HTML, such as &#x7a3c; and &amp;."""

REFERENCE = r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?"
_LONGEST_NUMBER = 8
_LONGEST_NAME = 33


def referred_to(reference: str) -> tuple[str, int]:
    """What a REFERENCE stands for, and how much of it does; 0 where it is none."""
    # Most posts need no names of characters.
    from html import unescape  # noqa: PLC0415
    from html.entities import html5  # noqa: PLC0415

    if reference[1] == "#":
        characters = unescape(reference) if len(reference) <= _LONGEST_NUMBER + 3 else ""
        return characters, len(reference) * bool(characters)
    name = reference[1:]
    for length in range(min(len(name), _LONGEST_NAME), 1, -1):  # &copyright is © and right
        if characters := html5.get(name[:length], ""):
            return characters, length + 1
    return "", 0
