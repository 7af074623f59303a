"""Logs are what Cloud Logging reads: one JSON object a line."""

import json
import uuid

import pytest

from shared import logs


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def name() -> str:
    """Of a logger no other test has."""
    return f"test_{uuid.uuid4().hex}"


def test_a_line_holds_severity_message_function_and_facts(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.logger(name).warning("post judged", extra={"facts": {"post_id": "p-1", "revision": 2}})
    (line,) = lines(capsys)
    assert line == {
        "severity": "WARNING",
        "message": "post judged",
        "logger": f"sekisho.{name}",
        "post_id": "p-1",
        "revision": 2,
    }


def test_facts_of_any_type_are_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.logger(name).info("二\n行", extra={"facts": {"day": object(), "text": "a\nb"}})
    assert len(lines(capsys)) == 1


def test_an_exception_comes_with_its_stack(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        logs.logger(name).exception("failed")
    (line,) = lines(capsys)
    assert line["severity"] == "ERROR"
    assert "ValueError: why" in str(line["stack_trace"])


def test_a_logger_asked_for_twice_writes_once(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.logger(name)
    logs.logger(name).info("once")
    logs.logger(name).debug("never")
    assert len(lines(capsys)) == 1
