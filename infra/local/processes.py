"""Processes of the local cloud: started together, waited for, and never left behind.

Each program leads a process group of its own and is told by the kernel to die when its parent dies, so
that not even a `kill -9` of the parent leaves an orphan.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from shared.errors import SekishoError

LOG_LINES_SHOWN = 15
SECONDS_TO_STOP = 5.0
# What a new process does first: asks the kernel to be killed when its parent dies (1 is PR_SET_PDEATHSIG of
# linux/prctl.h), which outlives the exec. Not by preexec_fn: forked amid gRPC's threads the child may abort.
_LEASH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):  # it died before we could ask
    os._exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""

Check = Callable[[], bool]
_claims: list[socket.socket] = []


class ProgramFailed(SekishoError):
    """Read the log: a program of the local cloud did not start, or ended by itself."""


@dataclass(frozen=True)
class Program:
    """One program to run: its name, its command, what it is told by the environment, and when it is ready."""

    name: str
    command: tuple[str, ...]
    is_ready: Check
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_within_seconds: float = 60.0


@dataclass
class Running:
    """A program that was started."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    deadline: float
    is_ready: bool = False


class Processes:
    """The programs started so far. As a context manager it stops them on the way out."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: dict[str, Running] = {}

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, program: Program) -> None:
        """Starts `program` without waiting for it; its output goes to NAME.log, the last run's to NAME.log.1.

        Only from the main thread: the kernel's death signal follows the thread that started a process,
        and a program started from a worker thread would die with that thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{program.name}: programs are started from the main thread only")
        if program.name in self.running:
            raise RuntimeError(f"{program.name}: runs already; stop it first")
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{program.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        environment = {**os.environ, **program.environment}
        if shutil.which(program.command[0], path=environment.get("PATH")) is None:
            raise ProgramFailed(f"{program.name}: could not run {program.command[0]}: no such program")
        with log.open("wb") as output, uninterrupted():
            process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), *program.command),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            deadline = time.monotonic() + program.ready_within_seconds
            self.running[program.name] = Running(program, process, log, deadline)

    def wait_until_ready(
        self, names: Iterable[str] | None = None, on_ready: Callable[[str], None] | None = None
    ) -> None:
        """Waits for the programs called `names` (all by default). Raises ProgramFailed with the log's end.

        All are looked at meanwhile: `on_ready` is told each program that gets ready, and one that dies ends
        the wait.
        """
        awaited = frozenset(self.running if names is None else names)
        while True:
            unready = {name for name in self.running if not self._look_at(name, on_ready)}
            if not awaited & unready:
                return
            time.sleep(0.05)

    def check_alive(self) -> None:
        """Raises ProgramFailed where a program ended that nobody stopped."""
        for running in self.running.values():
            code = exit_code(running.process)
            if code is not None:
                raise ProgramFailed(_obituary(running, f"ended by itself with {_meaning(code)}"))

    def stop(self, name: str | None = None) -> None:
        """Stops the programs (or just `name`), the last started first: asked by SIGTERM, then made to."""
        for each in [name] if name else list(reversed(self.running)):
            running = self.running[each]
            _signal_group(running.process, signal.SIGTERM)
            deadline = time.monotonic() + SECONDS_TO_STOP
            while exit_code(running.process) is None and time.monotonic() < deadline:
                time.sleep(0.01)
            _signal_group(running.process, signal.SIGKILL)  # it, or whatever children it left
            running.process.wait()
            del self.running[each]

    def _look_at(self, name: str, on_ready: Callable[[str], None] | None) -> bool:
        running = self.running[name]
        if running.is_ready:
            return True
        code = exit_code(running.process)
        if code is not None:
            raise ProgramFailed(_obituary(running, f"ended with {_meaning(code)} before it was ready"))
        if running.program.is_ready():
            running.is_ready = True
            if on_ready:
                on_ready(name)
            return True
        if time.monotonic() > running.deadline:
            raise ProgramFailed(
                _obituary(running, f"not ready after {running.program.ready_within_seconds:g} s")
            )
        return False


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Holds a request to stop back until what is inside is done: in the main thread.

    What a signal handler raises while a program is being started would lose the program, or, inside one of
    Python's own hooks, the request itself.
    """
    held: list[int] = []
    before = {
        each: signal.signal(each, lambda number, _frame: held.append(number))
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if held:
            signal.raise_signal(held[0])


def exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """How `process` ended, or None while it runs.

    It is left unreaped: until stop() has signalled its group, the kernel must give its id to no one else.
    """
    result = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if result is None:
        return None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def answers_http(url: str) -> Check:
    """Ready when `url` answers at all: any status will do but 502-504. Not asked through a proxy."""
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def check() -> bool:
        try:
            with directly.open(url, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            return error.code not in (502, 503, 504)
        except OSError:
            return False

    return check


def listens(port: int) -> Check:
    """Ready when something accepts connections at `port` of this machine."""

    def check() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return True
        except OSError:
            return False

    return check


def free_ports(count: int) -> list[int]:
    """`count` ports of this machine that nobody listens on, and that nobody else is given while we live."""
    found: list[int] = []
    with contextlib.ExitStack() as bound:
        while len(found) < count:
            each = bound.enter_context(socket.socket())
            each.bind(("127.0.0.1", 0))
            port = each.getsockname()[1]
            if _claim(port):
                found.append(port)
    return found


def _claim(port: int) -> bool:
    """Keeps `port` for this process: between our finding it and a program's taking it another may find it.

    A name without a file, that the kernel gives free when we end: 200 ports are found per run of the tests,
    by several processes at once.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0sekisho-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _signal_group(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sign)


def _meaning(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _obituary(running: Running, what: str) -> str:
    lines = running.log.read_text("utf-8", "replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([f"{running.program.name}: {what}; the end of {running.log}:", *lines])
