"""Which blocks Slack takes: kinds, required parts, lengths. What it would refuse is refused here too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from infra.local.slack.refusals import Refused

MOST_BLOCKS = 50
MOST_CHARACTERS, CHARACTERS_PER_BLOCK = 13_422, 125
"""All blocks together. Not documented: what callers measured is about 13,400 characters of text, of which
every block costs some 125 whatever it says; beyond it Slack answers `msg_blocks_too_long`."""

CONTROLS = frozenset(
    {
        "button", "checkboxes", "datepicker", "datetimepicker", "multi_static_select", "overflow",
        "radio_buttons", "static_select", "timepicker", "users_select",
    }
)  # fmt: skip
"""What may stand in actions, or beside a section. Only buttons are looked at closely."""

type FileExists = Callable[[str], bool]


def check_blocks(blocks: object, file_exists: FileExists) -> Sequence[Mapping[str, Any]]:
    """`blocks` as they came, if Slack would take them; else Refused with a pointer to each wrong part."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    wrong = list(_Rules(file_exists).blocks(blocks))
    if wrong:
        raise Refused("invalid_blocks", *wrong)
    if _weight(blocks) > MOST_CHARACTERS:
        raise Refused("msg_blocks_too_long")
    return blocks


def _weight(blocks: list[Any]) -> int:
    def characters(part: Any) -> int:
        if isinstance(part, dict):
            own = sum(len(v) for k, v in part.items() if k in ("text", "alt_text") and isinstance(v, str))
            return own + sum(characters(value) for value in part.values())
        return sum(characters(each) for each in part) if isinstance(part, list) else 0

    return characters(blocks) + CHARACTERS_PER_BLOCK * len(blocks)


class _Rules:
    """The rules; each yields what is wrong, as Slack words it, with where."""

    def __init__(self, file_exists: FileExists) -> None:
        self._file_exists = file_exists
        self._kinds: Mapping[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
            "header": self._header,
            "section": self._section,
            "context": self._context,
            "image": self._image_block,
            "actions": self._actions,
            "divider": lambda _block, _at: iter(()),
        }

    def blocks(self, blocks: list[dict[str, Any]]) -> Iterator[str]:
        if len(blocks) > MOST_BLOCKS:
            yield _wrong(f"no more than {MOST_BLOCKS} items allowed", "/blocks")
        seen: set[str] = set()
        for number, block in enumerate(blocks):
            at = f"/blocks/{number}"
            rule = self._kinds.get(str(block.get("type")))
            if rule is None:
                yield _wrong(f"unsupported type: {block.get('type')}", f"{at}/type")
                continue
            if "block_id" in block:
                yield from _string(block["block_id"], 255, f"{at}/block_id")
                if str(block["block_id"]) in seen:
                    yield _wrong(f"`block_id` {block['block_id']} already exists", f"{at}/block_id")
                seen.add(str(block["block_id"]))
            yield from rule(block, at)

    def _header(self, block: dict[str, Any], at: str) -> Iterator[str]:
        yield from _text(block.get("text"), 150, f"{at}/text", plain=True)

    def _section(self, block: dict[str, Any], at: str) -> Iterator[str]:
        if "text" not in block and "fields" not in block:
            yield _wrong("missing required field: text or fields", at)
        if "text" in block:
            yield from _text(block["text"], 3000, f"{at}/text")
        if "fields" in block:
            yield from _list(block["fields"], 10, f"{at}/fields", lambda each, spot: _text(each, 2000, spot))
        if "accessory" in block:
            yield from self._element(block["accessory"], f"{at}/accessory", {"image", *CONTROLS})

    def _context(self, block: dict[str, Any], at: str) -> Iterator[str]:
        def element(each: Any, spot: str) -> Iterator[str]:
            if isinstance(each, dict) and each.get("type") == "image":
                return self._image(each, spot)
            return _text(each, 3000, spot)

        yield from _list(block.get("elements"), 10, f"{at}/elements", element)

    def _actions(self, block: dict[str, Any], at: str) -> Iterator[str]:
        elements, spot = block.get("elements"), f"{at}/elements"
        yield from _list(elements, 25, spot, lambda each, where: self._element(each, where, CONTROLS))
        names = [each.get("action_id") for each in elements or () if isinstance(each, dict)]
        for name in sorted({str(name) for name in names if name and names.count(name) > 1}):
            yield _wrong(f"`action_id` {name} already exists", spot)

    def _element(self, element: Any, at: str, allowed: set[str] | frozenset[str]) -> Iterator[str]:
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in allowed:
            yield _wrong(f"unsupported type: {kind}", f"{at}/type")
        elif kind == "image":
            yield from self._image(element, at)
        elif kind == "button":
            yield from _text(element.get("text"), 75, f"{at}/text", plain=True)
            for name, most in (("action_id", 255), ("value", 2000), ("url", 3000)):
                if name in element:
                    yield from _string(element[name], most, f"{at}/{name}")
            if element.get("style") not in (None, "primary", "danger"):
                yield _wrong("must be one of: primary, danger", f"{at}/style")

    def _image_block(self, block: dict[str, Any], at: str) -> Iterator[str]:
        yield from self._image(block, at)
        if "title" in block:
            yield from _text(block["title"], 2000, f"{at}/title", plain=True)

    def _image(self, image: dict[str, Any], at: str) -> Iterator[str]:
        yield from _string(image.get("alt_text"), 2000, f"{at}/alt_text")
        if ("image_url" in image) == ("slack_file" in image):
            yield _wrong("must have exactly one of: image_url, slack_file", at)
        elif "image_url" in image:
            yield from _string(image["image_url"], 3000, f"{at}/image_url")
            if not str(image["image_url"]).startswith(("https://", "http://")):
                yield _wrong("must be a valid URL", f"{at}/image_url")
        else:
            file = image["slack_file"] if isinstance(image["slack_file"], dict) else {}
            if not self._file_exists(str(file.get("id") or file.get("url") or "")):
                yield _wrong("invalid slack file", f"{at}/slack_file")


def _text(text: Any, most: int, at: str, plain: bool = False) -> Iterator[str]:
    allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text is None:
        yield _wrong("missing required field: text", at.removesuffix("/text"))
    elif not isinstance(text, dict):
        yield _wrong("must be an object", at)
    elif text.get("type") not in allowed:
        yield _wrong(f"must be one of: {', '.join(allowed)}", f"{at}/type")
    else:
        yield from _string(text.get("text"), most, f"{at}/text")


def _string(value: Any, most: int, at: str) -> Iterator[str]:
    if value is None:
        yield _wrong(f"missing required field: {at.rpartition('/')[2]}", at.rpartition("/")[0])
    elif not isinstance(value, str):
        yield _wrong("must be a string", at)
    elif not value:
        yield _wrong("must be more than 0 characters", at)
    elif len(value) > most:
        yield _wrong(f"must be less than {most + 1} characters", at)


def _list(value: Any, most: int, at: str, rule: Callable[[Any, str], Iterator[str]]) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield _wrong("must have at least 1 item", at)
        return
    if len(value) > most:
        yield _wrong(f"no more than {most} items allowed", at)
    for number, each in enumerate(value):
        yield from rule(each, f"{at}/{number}")


def _wrong(what: str, at: str) -> str:
    return f"{what} [json-pointer:{at}]"
