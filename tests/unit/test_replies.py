"""What a caller is told about each error: drop it, send it again, or somebody must fix it."""

import json
import logging

import pytest

from shared import errors
from shared.replies import Reply, replied, reply

LOG = logging.getLogger("tests of replies")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadSignature("wrong"), 401),
        (errors.BadEvent("wrong", field="data.revision"), 400),
        (errors.EventTooLarge("wrong"), 413),
        (errors.StorageUnavailable("wrong"), 503),
        (errors.PlatformUnavailable("wrong"), 503),
        (errors.ConfigError("wrong"), 500),
        (errors.ModelMissing("wrong"), 500),
        (errors.BadModel("wrong"), 500),
        (errors.PlatformRefused("wrong"), 500),
    ],
)
def test_an_error_is_told_by_its_status(error: errors.SekishoError, status: int) -> None:
    def fail() -> Reply:
        raise error

    body, found, headers = replied(LOG, fail)
    assert (found, headers["Content-Type"]) == (status, "application/json")
    content = json.loads(body)
    assert content["error"] == "wrong"
    assert content.get("field", "") == getattr(error, "field", "")


def test_a_bug_is_not_passed_off_as_an_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        replied(LOG, lambda: reply(200, {"x": 1 // 0}))


def test_a_reply_is_json_that_keeps_japanese_readable() -> None:
    assert reply(202, {"status": "受理"}) == ('{"status": "受理"}', 202, {"Content-Type": "application/json"})
