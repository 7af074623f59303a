"""Which local cloud runs where: one per data folder, told to whoever asks, never believed when stale.

A cloud holds the lock of its folder as long as its process lives; the kernel lets go of it however that
process ends. What runs where is written beside it, with process ids and their start times, because an
id alone may belong to somebody else by now.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from shared.errors import SekishoError

FILE, LOCK = "state.json", "lock"


class AlreadyRunning(SekishoError):
    """Use the one that runs: a local cloud holds this data folder."""


@dataclass(frozen=True)
class Identity:
    """A process, told apart from any other one that had or will get its id."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The process that has `pid` now, or None where there is none (or only its remains)."""
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, ticks_since_boot = fields[0], fields[19]
        return None if state == "Z" else cls(pid, f"{boot}/{ticks_since_boot}")

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return Identity.of(self.pid) == self


@dataclass(frozen=True)
class Service:
    """One service of a running cloud: where it answers, and the process that does."""

    url: str
    process: Identity


@dataclass(frozen=True)
class CloudState:
    """A cloud that was started: the process that holds it together, and its services."""

    owner: Identity
    mode: str
    services: Mapping[str, Service] = field(default_factory=dict)

    def save(self, root: Path) -> None:
        """Tells everyone; readers see the whole file or the one before."""
        unfinished = root / f"{FILE}.unfinished"
        unfinished.write_text(json.dumps(asdict(self), indent=2), "utf-8")
        unfinished.replace(root / FILE)

    @classmethod
    def load(cls, root: Path) -> "CloudState | None":
        """The cloud that runs in `root` now, or None: never started, stopped, killed, or before a reboot."""
        try:
            told = json.loads((root / FILE).read_text("utf-8"))
            services = {
                name: Service(each["url"], Identity(**each["process"]))
                for name, each in told["services"].items()
            }
            state = cls(Identity(**told["owner"]), told["mode"], services)
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return state if state.owner.is_alive else None


class Claim:
    """The sole right to run a cloud in a folder. Held until released, or until the process ends."""

    def __init__(self, root: Path) -> None:
        """Raises AlreadyRunning where another process holds it."""
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._file = (root / LOCK).open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise AlreadyRunning(
                f"{root}: a local cloud runs there already; `sekisho up --root {root}` says where"
            ) from error

    def forget(self) -> None:
        """Tells nobody any more what runs here: it is about to stop."""
        (self._root / FILE).unlink(missing_ok=True)

    def release(self) -> None:
        """Lets go of the folder."""
        self._file.close()

    @staticmethod
    def is_held(root: Path) -> bool:
        """Whether some process holds `root` now."""
        try:
            Claim(root).release()
        except AlreadyRunning:
            return True
        return False


def own_identity() -> Identity:
    """This process."""
    identity = Identity.of(os.getpid())
    assert identity, "a process that asks is alive"  # noqa: S101
    return identity
