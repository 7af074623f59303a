"""Moderation: how far the filter may go, as operators set it in infra/moderation.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ConfigError
from shared.spam.verdicts import Mode


@dataclass(frozen=True)
class Moderation:
    """The mode in force, the detector that judges, and the cap of `capped` mode."""

    mode: Mode = Mode.SHADOW
    detector: str = "bayes"
    max_takedowns_per_day: int = 50

    @classmethod
    def parse(cls, entries: Mapping[str, Any], where: str) -> "Moderation":
        """The settings in `entries`, read from `where`. Raises ConfigError naming the field."""
        try:
            file = _ModerationFile.model_validate(dict(entries))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "file"
            raise ConfigError(f"{where}: {field}: {first['msg']}, came {first['input']!r}") from error
        return cls(Mode(file.mode), file.detector, file.max_takedowns_per_day)


class _ModerationFile(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    mode: Literal["shadow", "review", "capped", "auto"] = "shadow"
    detector: Literal["bayes", "blend", "banned_words"] = "bayes"
    max_takedowns_per_day: Annotated[int, Field(ge=0, le=1_000_000)] = 50
