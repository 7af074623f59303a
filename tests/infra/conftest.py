"""A stand-in platform with somebody to receive its webhooks; and what tests measure, printed at the end."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.processes import Processes
from tests.infra.marketplace import Inbox, Market

type Report = Callable[[str, str], None]

_LINES = pytest.StashKey[dict[str, list[str]]]()


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


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    """Adds a line under a headline to what is printed at the end."""
    lines = pytestconfig.stash.setdefault(_LINES, {})
    return lambda headline, line: lines.setdefault(headline, []).append(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was measured."""
    for headline, lines in config.stash.get(_LINES, {}).items():
        terminalreporter.section(headline)
        for line in lines:
            terminalreporter.write_line(line)
