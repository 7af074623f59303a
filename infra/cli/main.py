"""sekisho: the operator's commands. One file each in infra/cli/, one line each here."""

import io
import os
import sys

import typer
from rich.console import Console
from rich.markup import escape

from infra.cli.backtest import backtest
from infra.cli.banned_words import banned_words
from infra.cli.check import check
from infra.cli.check_config import check_config
from infra.cli.demo import demo
from infra.cli.evaluate import evaluate
from infra.cli.judge import judge, printable
from infra.cli.respond import respond
from infra.cli.tables import create_tables
from infra.cli.train import train
from infra.cli.up import up
from shared.errors import SekishoError

app = typer.Typer(
    name="sekisho",
    help="The checkpoint of an online marketplace.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they could hold post text or secrets
)
COMMANDS = (
    *(demo, up, train, judge, evaluate, banned_words),
    *(check, backtest, respond, check_config, create_tables),
)
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Runs a command. What Sekisho raises on purpose, and what a disk or a pipe refuses, is one red line.

    The exit code is 1 then. A reader that has seen enough (`sekisho judge … | head -1`) is no error to tell.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without 日本語 shows ? and the command goes on
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here and not at the interpreter's end, where a full disk is a traceback
    except SekishoError as error:
        _stop(str(error))
    except BrokenPipeError:
        _write_no_more()
        sys.exit(1)
    except OSError as error:
        _write_no_more()
        _stop(f"{error.filename or 'reading or writing'}: {error.strerror or error}")


def _stop(message: str) -> None:
    lines = "\n".join(printable(line) for line in message.split("\n"))
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]error: {escape(lines)}[/red]")
    sys.exit(1)


def _write_no_more() -> None:
    """Lets go of output nobody takes: the interpreter would try it again at its end, and complain."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
