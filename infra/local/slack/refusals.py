"""How Slack says no: HTTP 200, `ok: false`, a code, and messages for people."""

from shared.errors import SekishoError


class Refused(SekishoError):
    """Don't repeat it: Slack understood the call and will not do it. `code` is Slack's own word for why."""

    def __init__(self, code: str, *messages: str) -> None:
        super().__init__(": ".join((code, *messages)))
        self.code = code
        self.messages = messages
