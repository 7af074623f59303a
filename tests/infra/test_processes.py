"""Programs of the local cloud start together, say why they fail, and are never left behind."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.emulators import ROOT
from infra.local.processes import (
    Check,
    Processes,
    Program,
    ProgramFailed,
    answers_http,
    exit_code,
    free_ports,
    listens,
)

WAIT_SECONDS = 20.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # nobody may be there to reap it


def script(name: str, code: str, is_ready: Check, within_seconds: float = WAIT_SECONDS) -> Program:
    command = (sys.executable, "-u", "-c", code)
    return Program(name, command, is_ready, ready_within_seconds=within_seconds)


def written(path: Path) -> Check:
    return lambda: path.exists() and path.read_text().endswith("\n")


def sleeper(name: str, folder: Path, prelude: str = "") -> Program:
    """Runs until it is stopped; writes its pid, and its end where SIGTERM reaches it."""
    code = f"""
import os, pathlib, signal, sys, time
def end(*_):
    with open({str(folder / "ended")!r}, "a") as file: file.write({name!r} + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
{prelude}
pathlib.Path({str(folder / name)!r}).write_text(str(os.getpid()) + "\\n")
while True: time.sleep(0.1)
"""
    return script(name, code, written(folder / name))


def test_programs_are_stopped_in_reverse_order_and_asked_first(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        for name in ("first", "second", "third"):
            processes.start(sleeper(name, tmp_path))
        processes.wait_until_ready()
    assert (tmp_path / "ended").read_text().split() == ["third", "second", "first"]


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.processes.SECONDS_TO_STOP", 0.2)
    child = tmp_path / "child"
    prelude = f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    pathlib.Path({str(child)!r}).write_text(str(os.getpid()) + "\\n")
    while True: time.sleep(0.1)
"""
    with Processes(tmp_path / "logs") as processes:
        processes.start(sleeper("stubborn", tmp_path, prelude))
        processes.wait_until_ready()
        wait_for(written(child))
    pids = [int((tmp_path / "stubborn").read_text()), int(child.read_text())]
    wait_for(lambda: not any(map(is_running, pids)))


def test_an_early_death_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        processes.start(script("broken", "print('port taken'); raise SystemExit(3)", lambda: False))
        with pytest.raises(ProgramFailed, match=r"(?s)broken: ended with exit code 3 .*port taken"):
            processes.wait_until_ready()


def test_a_program_that_never_gets_ready_is_told_and_stopped(tmp_path: Path) -> None:
    code = "import time; print('thinking'); time.sleep(600)"
    with Processes(tmp_path / "logs") as processes:
        processes.start(script("slow", code, lambda: False, within_seconds=0.5))
        pid = processes.running["slow"].process.pid
        with pytest.raises(ProgramFailed, match=r"(?s)slow: not ready after 0.5 s"):
            processes.wait_until_ready()
    assert not is_running(pid)


def test_a_program_that_ends_later_is_noticed(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        processes.start(sleeper("short", tmp_path))
        processes.wait_until_ready()
        processes.check_alive()
        processes.running["short"].process.send_signal(signal.SIGKILL)
        wait_for(lambda: exit_code(processes.running["short"].process) is not None)
        with pytest.raises(ProgramFailed, match="short: ended by itself with signal SIGKILL"):
            processes.check_alive()


def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes:
        with pytest.raises(ProgramFailed, match="absent: could not run"):
            processes.start(Program("absent", (str(tmp_path / "nothing"),), lambda: True))
        assert not processes.running


def test_a_killed_parent_leaves_no_orphan(tmp_path: Path) -> None:
    starter = f"""
import pathlib, sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from infra.local.processes import Processes, Program
processes = Processes(pathlib.Path({str(tmp_path / "logs")!r}))
code = "import time; time.sleep(600)"
processes.start(Program("child", (sys.executable, "-c", code), lambda: True))
print(processes.running["child"].process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    wait_for(lambda: not is_running(child))


def test_a_worker_thread_may_not_start_programs(tmp_path: Path) -> None:
    refusals: list[str] = []

    def start() -> None:
        try:
            Processes(tmp_path).start(sleeper("late", tmp_path))
        except RuntimeError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refusals == ["late: programs are started from the main thread only"]


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for word in ("one", "two"):
        with Processes(tmp_path / "logs") as processes:
            done = tmp_path / word
            code = f"print({word!r}); open({str(done)!r}, 'w').write('x\\n'); import time; time.sleep(600)"
            processes.start(script("teller", code, written(done)))
            processes.wait_until_ready()
    assert (tmp_path / "logs/teller.log").read_text() == "two\n"
    assert (tmp_path / "logs/teller.log.1").read_text() == "one\n"


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not any(listens(port)() for port in ports)


def test_a_port_is_given_to_one_process_alone_while_that_lives() -> None:
    ports = free_ports(3)
    code = f"from infra.local.processes import _claim; print([_claim(port) for port in {ports}])"
    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[False, False, False]\n"


def test_a_server_is_ready_once_it_answers(storage_emulator: str) -> None:
    assert answers_http(f"{storage_emulator}/")()
    assert answers_http(f"{storage_emulator}/b/absent")(), "a 404 is an answer"
    assert not answers_http(f"http://127.0.0.1:{free_ports(1)[0]}/")()
