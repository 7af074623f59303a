"""What tests measure and do not judge is printed at the end of the run."""

from collections.abc import Callable

import pytest

type Report = Callable[[str, str], None]

_LINES = pytest.StashKey[dict[str, list[str]]]()


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
