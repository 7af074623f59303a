"""Calls of Slack: tried again as long as there is patience, and nothing done twice."""

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from shared.alerts.channel import ChannelUnavailable
from shared.alerts.slack.answers import (
    LINE_ERRORS,
    SlackRefused,
    Trouble,
    trouble_with_answer,
    trouble_with_line,
)
from shared.alerts.slack.patience import Patience, wait_before

PAGE, MOST_PAGES = 200, 5
SETTLE_SECONDS = 5.0
"""A call nobody answered may still be carried out: how long at least until it is looked for."""

type Answer = Mapping[str, Any]


class Calls:
    """What is asked of one workspace. `client` logs nothing: it would quote requests and answers."""

    def __init__(self, token: str, base_url: str, seconds: int) -> None:
        quiet = logging.getLogger("sekisho.alerts.slack_sdk")
        quiet.setLevel(logging.CRITICAL + 1)  # what matters is raised here
        self.client = WebClient(token, base_url.rstrip("/") + "/", seconds, retry_handlers=[], logger=quiet)

    def make(
        self,
        what: str,
        act: Callable[[], Any],
        patience: Patience,
        has_arrived: Callable[[], bool] | None = None,
    ) -> Answer:
        """What Slack answers, after as many attempts as there is patience for.

        `has_arrived` tells, of a call that must not be done twice, whether it was done though its answer is
        lost; an empty answer is given then. Raises ChannelUnavailable and SlackRefused.
        """
        for attempt in count():
            try:
                answer: Answer = act()
            except SlackApiError as error:
                said = error.response
                trouble = trouble_with_answer(what, said.status_code, said.headers, said.data)
            except (*LINE_ERRORS, SlackClientError) as error:
                trouble = trouble_with_line(what, error)
            else:
                return answer
            why = f"{what}: expected an answer of Slack, came {trouble.what}"
            patience.wait(_wait(trouble, attempt, is_looked_for=has_arrived is not None), why)
            if has_arrived is not None and trouble.may_have_acted:
                try:
                    if has_arrived():
                        return {}
                except SlackRefused as no:
                    if not trouble.is_probably_not_done:
                        raise ChannelUnavailable(f"{why}; whether it arrived is unknown ({no.code})") from no
        raise AssertionError("unreachable: patience ends")

    def pages(
        self, what: str, field: str, method: Callable[..., Any], patience: Patience, **said: object
    ) -> Iterator[Answer]:
        """Everything in `field` of the first 5 pages of 200."""
        cursor = ""
        for _page in range(MOST_PAGES):
            at = cursor
            answer = self.make(what, lambda at=at: method(**said, limit=PAGE, cursor=at or None), patience)  # type: ignore[misc]
            yield from answer.get(field) or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _wait(trouble: Trouble, attempt: int, *, is_looked_for: bool) -> float:
    """As long as Slack asks for, but never so short that it is hammered."""
    least = wait_before(attempt)
    if is_looked_for and trouble.may_have_acted and not trouble.is_probably_not_done:
        least = max(least, SETTLE_SECONDS)
    return max(least, trouble.wait_seconds or 0.0)
