"""No function ever logs what a post says. Runs last: it reads what all the other tests had logged."""

from infra.local.cloud import LocalCloud
from infra.local.functions import FUNCTIONS
from infra.local.processes import Processes
from tests.functions.stage import MARKER


def test_no_post_text_is_in_any_log(cloud: LocalCloud, processes: Processes) -> None:
    """Every post of the suite, good, bad or never to be judged, had the marker in its title and body."""
    names = tuple(function.name for function in FUNCTIONS)
    logs = [
        path
        for folder in (cloud.root / "logs", processes.logs)
        for path in folder.iterdir()
        if path.name.startswith(names)
    ]
    assert {name for name in names if any(path.name.startswith(f"{name}.") for path in logs)} == set(names)
    assert [path.name for path in logs if MARKER in path.read_text("utf-8", "replace")] == []
