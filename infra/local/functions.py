"""The functions on a laptop: each under functions-framework in a process of its own, as in the cloud."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.local.emulators import ROOT
from infra.local.processes import Program, answers_http


@dataclass(frozen=True)
class Function:
    """A deployed function: the folder under functions/ and what calls it, HTTP or the messages of a topic."""

    name: str
    topic: str = ""
    answers_within_seconds: int = 60
    """When a message it has not acknowledged is brought again."""
    workers: int = 1
    """Processes that answer: instances, in the cloud. Of several each is given one call at a time."""

    @property
    def signature(self) -> Literal["http", "cloudevent"]:
        """What functions-framework is told."""
        return "cloudevent" if self.topic else "http"


@dataclass(frozen=True)
class Home:
    """Where a function runs: the folder with its main.py, and the interpreter with its libraries."""

    folder: Path
    python: Path


FUNCTIONS = (
    Function("train_spam_model"),
    Function("judge_new_posts"),
    Function("receive_new_post"),
    Function("judge_post", topic="new-posts"),
    Function("record_review"),
    Function("tokenize_posts"),
    Function("check_kpis"),
    Function("check_kpi_table", topic="kpi-tables", answers_within_seconds=600, workers=2),
    Function("send_summary"),
)
"""What runs on a laptop; a new function is one line here."""


def dead_topic(topic: str) -> str:
    """Where messages of `topic` end that nothing can be done with."""
    return f"{topic}-dead"


def function_program(
    function: Function, port: int, environment: Mapping[str, str], home: Home | None = None
) -> Program:
    """Runs `function` at `port`, from the checkout or another `home`.

    Asking for /robots.txt tells that it is loaded, without calling it.
    """
    home = home or Home(ROOT / "functions" / function.name, Path(sys.executable))
    return Program(
        name=function.name,
        command=(
            *(str(home.python), "-u", "-m", "functions_framework"),
            *("--source", str(home.folder / "main.py")),
            *("--target", function.name, "--signature-type", function.signature),
            *("--host", "127.0.0.1", "--port", str(port)),
        ),
        environment={
            **environment,
            "WORKERS": str(function.workers),
            # Else one process takes several calls while another has none.
            **({"THREADS": "1"} if function.workers > 1 else {}),
        },
        is_ready=answers_http(f"http://127.0.0.1:{port}/robots.txt"),
        ready_within_seconds=120,
    )
