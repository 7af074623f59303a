"""What a reader of HTML does not see: hidden parts, and the readings over words.

Hidden is what the `hidden` attribute or an inline style hides. Not looked into: style sheets, colours,
positions. A style too odd to be sure of hides nothing: rather too much is read than too little.
"""

import re
from typing import NamedTuple

from selectolax.lexbor import LexborNode

_HIDING_STYLES = ("none", "collapse", "font-size", "opacity", "clip", "&")  # by "&", any may be written
_STYLE_ASIDE = re.compile(r"""/\*.*?(?:\*/|\Z)|"[^"]*"|'[^']*'|\([^()]*\)""", re.DOTALL)
_ODD_STYLE = re.compile(r"""["'\\(){}\[\]]""")
_ZERO = r"[+-]?(?:0+(?:\.0+)?|\.0+)"
_ZERO_OPACITY = re.compile(rf"{_ZERO}%?")
_ZERO_SIZE = re.compile(rf"{_ZERO}(?:%|[a-z]{{1,4}})?")
_RELATIVE_SIZE = re.compile(r"[+-]?[0-9.]+(?:%|em|ex|ch)|smaller|larger|inherit|unset")
_DRAWINGS = {"svg", "math"}
_OWN_FONT_SIZE = {"button", "input", "select", "textarea"}
_BOXES = {
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "header",
    "main",
}
_BOXES |= {"nav", "ol", "p", "pre", "section", "ul", "li", "h1", "h2", "h3", "h4", "h5", "h6"}
_KANA_READING = re.compile(r"[\sぁ-ゖァ-ヺｦ-ﾟー・]{0,20}")


def may_be_unread(html: str) -> bool:
    """Whether lower-case `html` may hide a part of itself: to most posts nothing more need be done."""
    if "hidden" in html or "<rt" in html:
        return True
    return "style" in html and any(sign in html for sign in _HIDING_STYLES)


class _Sight(NamedTuple):
    """How a reader sees what stands in an element."""

    gone: bool = False  # with all that is in it; the next two an inner element can take back
    invisible: bool = False
    tiny: bool = False
    is_reading: bool = False
    is_drawing: bool = False

    def within(self, element: LexborNode) -> "_Sight":
        """How what stands in `element` is seen, when `element` itself is seen like this."""
        tag, attributes = element.tag, element.attributes
        if tag in ("html", "body"):  # the platform's, whatever a post writes on them
            return self
        style = _declarations(attributes.get("style") or "")
        gone, invisible, tiny = self.gone, self.invisible, self.tiny
        is_drawing = self.is_drawing or tag in _DRAWINGS
        # A display of its own outdoes the attribute, which means nothing in a drawing.
        hidden = "none" if "hidden" in attributes and not is_drawing else ""
        gone |= style.get("display", hidden) == "none" or bool(
            _ZERO_OPACITY.fullmatch(style.get("opacity", ""))
        )
        gone |= _is_closed_box(tag or "", style)
        if "visibility" in style and style["visibility"] not in ("inherit", "unset"):
            invisible = style["visibility"] in ("hidden", "collapse")
        if "font-size" in style:
            size = style["font-size"]
            tiny = bool(_ZERO_SIZE.fullmatch(size)) or (tiny and bool(_RELATIVE_SIZE.fullmatch(size)))
        elif tag in _OWN_FONT_SIZE or "font" in style or (tag == "x-font" and "size" in attributes):
            tiny = False
        return _Sight(gone, invisible, tiny, self.is_reading or tag == "rt", is_drawing)


def take_out_unread(root: LexborNode) -> str:
    """Take hidden text and the readings of words out of the tree; the readings that are no kana, as lines.

    What is shown in the place of a reading is read, only not amid the word it stands over.
    """
    if all(_Sight().within(element) == _Sight() for element in root.css("[hidden],[style],rt")):
        return ""
    sights: dict[int, _Sight] = {}
    unread: list[LexborNode] = []
    readings: list[str] = []
    for node in root.traverse(include_text=True):
        above = sights.get(node.parent.mem_id, _Sight()) if node.parent else _Sight()
        if node.is_element_node:
            sights[node.mem_id] = above.within(node)
            readings.append("\n" if node.tag == "rt" else "")
        elif above.gone or above.invisible or above.tiny:
            unread.append(node)
        elif above.is_reading:
            unread.append(node)
            readings.append(node.text())
    for node in unread:
        node.decompose()
    lines = "".join(readings).split("\n")
    return "".join(f"\n{line}" for line in lines if not _KANA_READING.fullmatch(line))


def _declarations(style: str) -> dict[str, str]:
    """What an inline style declares; nothing if it is too odd to be sure what a browser makes of it."""
    style = _STYLE_ASIDE.sub(lambda aside: " " if aside[0].startswith("/*") else "x", style.lower())
    if _ODD_STYLE.search(style):
        return {}
    declared: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        value, mark, rest = value.partition("!")
        if not mark:
            declared[name.strip()] = value.strip()
        elif rest.strip() == "important":
            important[name.strip()] = value.strip()
    return declared | important


def _is_closed_box(tag: str, style: dict[str, str]) -> bool:
    """Whether an element is cut down to no width or no height; padding and least sizes open it again."""
    return (
        style.get("overflow") in ("hidden", "clip")
        and (tag in _BOXES or style.get("display") in ("block", "inline-block"))
        and any(
            _ZERO_SIZE.fullmatch(style.get(side, ""))
            for side in ("width", "height", "max-width", "max-height")
        )
        and not any(name.startswith(("padding", "min-")) for name in style)
    )
