"""The functions on a laptop: each under functions-framework in a process of its own, as in the cloud."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from infra.local.emulators import ROOT
from infra.local.processes import Program, answers_http


@dataclass(frozen=True)
class Function:
    """A deployed function: the folder under functions/ and how it is called."""

    name: str
    signature: Literal["http", "cloudevent"] = "http"


FUNCTIONS = (
    Function("train_spam_model"),
    Function("judge_new_posts"),
    Function("receive_new_post"),
    Function("judge_post", "cloudevent"),
    Function("record_review"),
)
"""What runs on a laptop; a new function is one line here."""


def function_program(function: Function, port: int, environment: Mapping[str, str]) -> Program:
    """Runs `function` at `port`. Asking for /robots.txt tells that it is loaded, without calling it."""
    return Program(
        name=function.name,
        command=(
            *(sys.executable, "-u", "-m", "functions_framework"),
            *("--source", str(ROOT / "functions" / function.name / "main.py")),
            *("--target", function.name, "--signature-type", function.signature),
            *("--host", "127.0.0.1", "--port", str(port)),
        ),
        environment=environment,
        is_ready=answers_http(f"http://127.0.0.1:{port}/robots.txt"),
        ready_within_seconds=120,
    )
