"""What a caller of a Web API method says, whether as JSON, as a form or in the query."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Request

from infra.local.slack.refusals import Refused


class Arguments:
    """The arguments of one call, read as the method needs them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    def of(cls, request: Request) -> "Arguments":
        """What `request` carries. Raises Refused where it says JSON and is none."""
        if request.mimetype != "application/json":
            return cls(request.values.to_dict())
        try:
            values = _loads(request.get_data() or b"{}")  # slack_sdk calls an empty body JSON too
        except ValueError as error:
            raise Refused("invalid_json") from error
        if not isinstance(values, dict):
            raise Refused("json_not_object")
        return cls({**request.args.to_dict(), **values})

    def has(self, name: str) -> bool:
        """Whether the caller said anything about `name`."""
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        """`name` as text; empty where it was left out."""
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str | int | float):
            raise Refused("invalid_arguments", f"[ERROR] must be a string [json-pointer:/{name}]")
        return str(value)

    def required(self, name: str) -> str:
        """`name` as text, which must not be empty."""
        value = self.text(name)
        if not value:
            raise Refused("invalid_arguments", f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """`name` as a yes or no; slack_sdk sends 1 and 0 in forms."""
        return self.text(name).lower() in {"1", "true"}

    def parsed(self, name: str, malformed: str) -> Any:
        """`name` as JSON says it, parsed if it came as text; refused as `malformed` where it can't be."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return _loads(value) if value else None
        except ValueError as error:
            raise Refused(malformed) from error


def _loads(raw: bytes | str) -> Any:
    """What `raw` says; ValueError where it is no JSON, or holds half a character, which nothing can store."""
    value = json.loads(raw)
    json.dumps(value, ensure_ascii=False).encode()
    return value
