"""The command line as tests run it: in this process, as typer would."""

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from infra.cli.main import app


@dataclass(frozen=True)
class Done:
    """What a command wrote and how it ended."""

    out: str
    err: str
    error: BaseException | None


def run_command(command: str, *arguments: str | Path) -> Done:
    """Run `sekisho COMMAND` with these arguments."""
    found = CliRunner().invoke(app, [command, *(str(argument) for argument in arguments)])
    return Done(found.stdout, found.stderr, found.exception)
