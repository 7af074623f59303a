"""A post's HTML as the text a reviewer reads: nothing of it is ever rendered."""

from html.parser import HTMLParser

UNREAD = {"script", "style", "template", "head", "title"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
LINES = HEADINGS | {"p", "div", "br", "li", "ul", "ol", "tr", "table", "blockquote", "hr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unread:
            return
        if tag in UNREAD:
            self._unread = tag
        elif tag in LINES:
            self.parts.append("\n")
        if tag == "a" and (target := dict(attrs).get("href")):
            self.parts.append(f"[{target}] ")  # where a link leads is often what gives a violator away

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in UNREAD:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unread:
            self._unread = ""
        elif tag in LINES:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)


def readable(html: str) -> str:
    """The text of `html` with its line breaks, and each link's target before the link's text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip()
