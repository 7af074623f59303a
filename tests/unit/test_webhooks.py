"""Whose webhooks are believed."""

import base64
from datetime import UTC, datetime, timedelta

import flask
import pytest
from standardwebhooks.webhooks import Webhook

from shared.errors import BadSignature, ConfigError, EventTooLarge
from shared.webhooks import LARGEST_EVENT, SignedEvent, signed_body

SECRET = "whsec_" + base64.b64encode(b"a secret of the platform").decode()
APP = flask.Flask(__name__)


def headers(body: bytes, off: timedelta = timedelta(0), secret: str = SECRET) -> dict[str, str]:
    at = datetime.now(UTC) + off
    return {
        "webhook-id": "w-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("w-1", at, body.decode()),
    }


def read(body: bytes, given: dict[str, str], secret: str = SECRET) -> SignedEvent:
    with APP.test_request_context("/", method="POST", data=body, headers=given):
        return signed_body(flask.request, secret)


def test_a_signed_body_is_given_as_it_was_sent() -> None:
    body = '{"a":  "日本"}'.encode()
    assert read(body, headers(body)) == SignedEvent("w-1", body)


def test_a_signature_among_others_is_enough() -> None:
    given = headers(b"{}")
    given["webhook-signature"] = f"v1,AAAA v2,xx {given['webhook-signature']}"
    assert read(b"{}", given).body == b"{}"


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_may_be_off_by_some_minutes(minutes: int) -> None:
    assert read(b"{}", headers(b"{}", timedelta(minutes=minutes)))


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_an_old_or_future_signature_is_not_believed(minutes: int) -> None:
    with pytest.raises(BadSignature, match="timestamp"):
        read(b"{}", headers(b"{}", timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "w-2"},
        {"webhook-id": ""},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "x"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e300"},
        {"webhook-timestamp": ""},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,!!!"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": " , , "},
    ],
    ids=str,
)
def test_a_wrong_header_is_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        read(b"{}", headers(b"{}") | changes)


def test_an_unsigned_or_changed_or_otherwise_signed_body_is_not_believed() -> None:
    for given in ({}, headers(b"{ }"), headers(b"{}", secret="whsec_" + base64.b64encode(b"other").decode())):
        with pytest.raises(BadSignature):
            read(b"{}", given)


def test_a_body_of_the_largest_size_is_taken_and_a_byte_more_is_not() -> None:
    body = b"x" * LARGEST_EVENT
    assert len(read(body, headers(body)).body) == LARGEST_EVENT
    with pytest.raises(EventTooLarge, match=f"{LARGEST_EVENT + 1:,}"):
        read(body + b"x", headers(body + b"x"))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_passwordé", "whsec_A"])
def test_a_secret_that_is_none_is_a_setting_to_fix_and_is_not_told(secret: str) -> None:
    with pytest.raises(ConfigError, match=r"^SEKISHO_WEBHOOK_SECRET: ") as raised:
        read(b"{}", headers(b"{}"), secret)
    assert "password" not in str(raised.value)
