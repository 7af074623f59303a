"""A stand-in platform with somebody to receive its webhooks; and what tests measure, printed at the end."""

from collections.abc import Callable, Iterator

import pytest
import requests
from slack_sdk import WebClient

from infra.local.processes import Processes
from tests import slack_stand_in
from tests.infra.marketplace import Inbox, Market

type Report = Callable[[str, str], None]

MEASURED = "measured"


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """Receives the platform's webhooks."""
    with Inbox() as inbox:
        yield inbox


@pytest.fixture(scope="module")
def market(processes: Processes, tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[Market]:
    """A platform that announces to `inbox`."""
    with Market(processes, tmp_path_factory.mktemp("platform"), inbox.url) as market:
        yield market


@pytest.fixture(scope="module")
def url(
    processes: Processes, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> str:
    """The address of a stand-in Slack of the module's own."""
    name = request.path.stem.replace("_", "-")
    return slack_stand_in.start(processes, name, tmp_path_factory.mktemp(name))


@pytest.fixture
def slack(url: str) -> Iterator[WebClient]:
    """Slack's own client; the stand-in does what it should again afterwards."""
    yield slack_stand_in.client(url)
    for what in ("faults", "refusals"):
        requests.delete(f"{url}/control/{what}", timeout=10)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """A channel of the test's own."""
    return slack_stand_in.channel_of(request)


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Adds a line under a headline to what is printed at the end. It goes with the test's own report."""
    return lambda headline, line: request.node.user_properties.append((MEASURED, (headline, line)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    sections: dict[str, list[str]] = {}
    for each in (each for reports in terminalreporter.stats.values() for each in reports):
        if getattr(each, "when", "") == "call":
            for headline, line in (value for name, value in each.user_properties if name == MEASURED):
                sections.setdefault(headline, []).append(line)
    for headline, lines in sections.items():
        terminalreporter.section(headline)
        for line in lines:
            terminalreporter.write_line(line)
