"""sekisho: the operator's commands. One file each in infra/cli/, one line each here."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from infra.cli.demo import demo
from infra.cli.judge import judge
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
for command in (demo, up, train, judge, create_tables):
    app.command()(command)


def main() -> None:
    """Runs a command. What Sekisho raises on purpose is one line in red and exit code 1."""
    try:
        app()
    except SekishoError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]error: {escape(str(error))}[/red]")
        sys.exit(1)


if __name__ == "__main__":
    main()
