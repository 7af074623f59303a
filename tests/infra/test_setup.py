"""A checkout sets itself up: the right interpreter, the right pins, and never half an environment."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra import pins

ROOT = Path(__file__).parents[2]
BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"
OLD_PYTHON = "#!/bin/sh\nexit 1\n"  # answers that it is not 3.13


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the scripts that find and install, and pins no registry has: nothing can be fetched."""
    folder = tmp_path / "checkout"
    (folder / "infra/requirements").mkdir(parents=True)
    for script in ("find_python.sh", "find_uv.sh", "setup.sh"):
        shutil.copy(ROOT / "infra" / script, folder / "infra")
    (folder / "infra/requirements/dev.txt").write_text(
        f"uv==0.0.0 \\\n    --hash=sha256:{'0' * 64}\nnext==1\n"
    )
    (folder / "infra/requirements/local-bigquery.txt").touch()
    (folder / "pyproject.toml").touch()
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine's bin folder with the commands scripts need, and no Python at all."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "cat", "cut", "dirname", "flock", "grep", "mkdir", "mv", "rm", "sed", "sha256sum"):
        where = shutil.which(name)
        assert where, name
        (folder / name).symlink_to(where)
    return folder


def script(path: Path, text: str) -> Path:
    """An executable at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def real_python(path: Path) -> Path:
    """At `path`, a command that is the very Python 3.13 these tests run on."""
    return script(path, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')


def run(
    checkout: Path, command: str, *path: Path, named: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a script of the checkout with this PATH, an empty HOME, and nothing else but `environment`."""
    home = checkout.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", checkout / command, *named],
        env={"PATH": os.pathsep.join(map(str, path)), "HOME": str(home), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_python3_13_on_path_is_taken(checkout: Path, machine: Path) -> None:
    python = real_python(machine / "python3.13")
    assert run(checkout, "infra/find_python.sh", machine).stdout.strip() == str(python)


def test_python3_that_is_3_13_is_taken(checkout: Path, machine: Path) -> None:
    python = real_python(machine / "python3")
    assert run(checkout, "infra/find_python.sh", machine).stdout.strip() == str(python)


def test_a_shim_that_does_not_run_hides_no_interpreter_behind_it(checkout: Path, machine: Path) -> None:
    shims = script(checkout.parent / "shims/python3.13", BROKEN_SHIM).parent
    python = real_python(machine / "python3.13")
    assert run(checkout, "infra/find_python.sh", shims, machine).stdout.strip() == str(python)


def test_an_older_python3_is_passed_over_for_one_under_pyenv_root(checkout: Path, machine: Path) -> None:
    script(machine / "python3", OLD_PYTHON)
    script(machine / "python3.13", BROKEN_SHIM)
    pyenv = checkout.parent / "py env"
    python = real_python(pyenv / "versions/3.13.7/bin/python3.13")
    found = run(checkout, "infra/find_python.sh", machine, PYENV_ROOT=str(pyenv))
    assert found.stdout.strip() == str(python)


def test_pyenv_is_found_in_home_when_nothing_names_it(checkout: Path, machine: Path) -> None:
    python = real_python(checkout.parent / "home/.pyenv/versions/3.13.0/bin/python3.13")
    assert run(checkout, "infra/find_python.sh", machine).stdout.strip() == str(python)


def test_the_interpreter_that_is_told_goes_before_all_others(checkout: Path, machine: Path) -> None:
    real_python(machine / "python3.13")
    told = real_python(checkout.parent / "told/python")
    found = run(checkout, "infra/find_python.sh", machine, SEKISHO_PYTHON=str(told))
    assert found.stdout.strip() == str(told)


def test_a_told_interpreter_of_another_version_is_refused_not_replaced(checkout: Path, machine: Path) -> None:
    real_python(machine / "python3.13")
    told = script(checkout.parent / "told/python", OLD_PYTHON)
    found = run(checkout, "infra/find_python.sh", machine, SEKISHO_PYTHON=str(told))
    assert (found.returncode, found.stdout) == (1, "")
    assert "SEKISHO_PYTHON" in found.stderr
    assert str(told) in found.stderr


def test_uv_downloads_an_interpreter_where_the_machine_has_none(checkout: Path, machine: Path) -> None:
    real_python(checkout.parent / "download/python3.13")
    uv = f"""#!/bin/sh
case "$1 $2" in
  --version*) echo "uv 0.0.0" ;;
  "python install") mkdir -p "$UV_PYTHON_INSTALL_DIR" && : >"$UV_PYTHON_INSTALL_DIR/installed" ;;
  "python find") [ -e "$UV_PYTHON_INSTALL_DIR/installed" ] && echo "{checkout.parent}/download/python3.13" ;;
esac
"""
    script(machine / "uv", uv)
    found = run(checkout, "infra/find_python.sh", machine)
    assert found.stdout.strip() == f"{checkout.parent}/download/python3.13"
    assert (checkout / ".local/python/installed").exists()


def test_no_interpreter_to_be_had_is_one_clear_line(checkout: Path, machine: Path) -> None:
    script(machine / "python3", OLD_PYTHON)
    found = run(checkout, "infra/find_python.sh", machine)
    assert (found.returncode, found.stdout) == (1, "")
    [line] = found.stderr.splitlines()
    assert "expected Python 3.13" in line
    assert "SEKISHO_PYTHON" in line


UV = """#!/bin/sh
echo "$*" >>"$LOG"
case "$1" in
  --version) echo "uv 0.0.0" ;;
  venv) for last; do :; done
    mkdir -p "$last/bin" && ln -s "$STAND_IN" "$last/bin/python" && echo "$PWD/$last" >"$last/bin/activate" ;;
  pip) [ ! -e "$PWD/interrupt" ] ;;
esac
"""


@pytest.fixture
def log(checkout: Path, machine: Path) -> Path:
    """What uv was asked: a stand-in that installs nothing and fails while checkout/interrupt exists."""
    real_python(machine / "python3.13")
    # DuckDB's extensions come from packages that are not installed here: accept the script, do nothing.
    script(
        machine / "stand-in",
        f'#!/bin/sh\n[ "$1" = - ] && {{ cat >/dev/null; exit 0; }}\nexec "{sys.executable}" "$@"\n',
    )
    chmod = shutil.which("chmod")
    ln = shutil.which("ln")
    sh = shutil.which("sh")
    assert chmod and ln and sh
    for command in (chmod, ln, sh):
        (machine / Path(command).name).symlink_to(command)
    script(machine / "uv", UV)
    return checkout.parent / "log"


def set_up(
    checkout: Path, machine: Path, log: Path, named: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs setup.sh; `log` then holds what uv was asked this time."""
    log.write_text("")
    told = {"LOG": str(log), "STAND_IN": str(machine / "stand-in")}
    return run(checkout, "infra/setup.sh", machine, named=named, **told)


def installs(log: Path) -> list[str]:
    """The requirement files uv was asked to install."""
    return [line.split()[-1] for line in log.read_text().splitlines() if line.startswith("pip sync")]


def test_both_environments_are_made_once_with_hashes_checked(
    checkout: Path, machine: Path, log: Path
) -> None:
    first = set_up(checkout, machine, log)
    assert first.returncode == 0, first.stderr
    assert installs(log) == ["infra/requirements/dev.txt", "infra/requirements/local-bigquery.txt"]
    assert log.read_text().count("--require-hashes") == 2

    second = set_up(checkout, machine, log)
    assert (second.returncode, second.stdout, log.read_text()) == (0, "", "")


def test_an_environment_that_only_a_benchmark_needs_is_made_where_it_is_named(
    checkout: Path, machine: Path, log: Path
) -> None:
    (checkout / "infra/requirements/bench-spam.txt").write_text("peer==1\n")
    set_up(checkout, machine, log)
    assert "infra/requirements/bench-spam.txt" not in installs(log)
    assert set_up(checkout, machine, log, named=["bench-spam"]).returncode == 0
    assert installs(log) == ["infra/requirements/bench-spam.txt"]
    assert (checkout / ".local/venvs/bench-spam/.made-from").exists()
    set_up(checkout, machine, log, named=["bench-spam"])
    assert installs(log) == []


def test_a_changed_requirements_file_installs_that_environment_again(
    checkout: Path, machine: Path, log: Path
) -> None:
    set_up(checkout, machine, log)
    (checkout / "infra/requirements/local-bigquery.txt").write_text("# changed\n")
    set_up(checkout, machine, log)
    assert installs(log) == ["infra/requirements/local-bigquery.txt"]


def test_a_touched_file_of_the_same_content_installs_nothing(
    checkout: Path, machine: Path, log: Path
) -> None:
    set_up(checkout, machine, log)
    (checkout / "infra/requirements/dev.txt").touch()
    set_up(checkout, machine, log)
    assert installs(log) == []


def test_an_interrupted_install_is_not_taken_for_done(checkout: Path, machine: Path, log: Path) -> None:
    (checkout / "interrupt").touch()
    assert set_up(checkout, machine, log).returncode != 0
    (checkout / "interrupt").unlink()
    assert set_up(checkout, machine, log).returncode == 0
    assert installs(log) == ["infra/requirements/dev.txt", "infra/requirements/local-bigquery.txt"]


def test_an_upgrade_that_was_interrupted_is_done_again(checkout: Path, machine: Path, log: Path) -> None:
    set_up(checkout, machine, log)
    pinned = checkout / "infra/requirements/local-bigquery.txt"
    pinned.write_text("# changed\n")
    (checkout / "interrupt").touch()
    assert set_up(checkout, machine, log).returncode != 0
    (checkout / "interrupt").unlink()
    pinned.write_text("")  # back to what the environment was made from before
    set_up(checkout, machine, log)
    assert installs(log) == ["infra/requirements/local-bigquery.txt"]


def test_a_moved_checkout_makes_its_environments_anew(checkout: Path, machine: Path, log: Path) -> None:
    set_up(checkout, machine, log)
    elsewhere = checkout.rename(checkout.with_name("elsewhere"))
    set_up(elsewhere, machine, log)
    assert len(installs(log)) == 2
    assert str(elsewhere) in (elsewhere / ".venv/bin/activate").read_text()


def test_the_emulator_finds_its_extensions_whatever_home_is(checkout: Path, machine: Path, log: Path) -> None:
    set_up(checkout, machine, log)
    venv = checkout / ".local/venvs/local-bigquery"
    script(venv / "bin/stand-in", '#!/bin/sh\necho "$HOME" "$3"\n')
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to(venv / "bin/stand-in")
    started = run(checkout, ".local/venvs/local-bigquery/bin/local-bigquery", machine, HOME="/nowhere")
    assert started.stdout.split()[0] == str(venv)


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """A small project whose pins have just been made."""
    (tmp_path / "infra/requirements").mkdir(parents=True)
    (tmp_path / "functions/judge_post").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nrequires-python = "==3.13.*"\n[dependency-groups]\njudge_post = ["one>=1"]\n'
    )
    (tmp_path / "infra/requirements/local-bigquery.in").write_text("three==3\n")
    (tmp_path / "infra/requirements/dev.txt").write_text("one==1.2\n")
    (tmp_path / "functions/judge_post/main.py").touch()
    (tmp_path / "functions/judge_post/requirements.txt").write_text("one==1.2\n")
    pins.write(tmp_path)
    return tmp_path


def test_pins_just_made_are_as_they_should_be(pinned: Path) -> None:
    assert pins.changed(pinned) == []


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("pyproject.toml", "one>=1", "one>=2"),
        ("pyproject.toml", "3.13", "3.14"),
        ("infra/requirements/local-bigquery.in", "three", "four"),
        ("infra/requirements/dev.txt", "1.2", "1.3"),
        ("functions/judge_post/requirements.txt", "1.2", "1.3"),
    ],
)
def test_pins_no_longer_made_from_what_they_say_are_found(
    pinned: Path, file: str, before: str, after: str
) -> None:
    path = pinned / file
    path.write_text(path.read_text().replace(before, after))
    [finding] = pins.changed(pinned)
    assert file in finding or pins.SOURCE in finding


def test_a_new_function_without_pins_is_found(pinned: Path) -> None:
    (pinned / "functions/new").mkdir()
    (pinned / "functions/new/main.py").touch()
    assert pins.changed(pinned) == ["functions/new has no requirements.txt"]


def test_pins_of_a_function_that_is_gone_are_found(pinned: Path) -> None:
    shutil.rmtree(pinned / "functions/judge_post")
    assert pins.changed(pinned) == ["functions/judge_post/requirements.txt is gone"]


def test_settings_of_tools_are_no_reason_to_pin_anew(pinned: Path) -> None:
    path = pinned / "pyproject.toml"
    path.write_text(path.read_text() + "[tool.ruff]\nline-length = 100\n")
    assert pins.changed(pinned) == []


def test_the_hashes_can_be_checked_by_hand(pinned: Path) -> None:
    digest = hashlib.sha256(b"one==1.2\n").hexdigest()
    assert f"{digest}  infra/requirements/dev.txt\n" in (pinned / pins.RECORD).read_text()


@pytest.mark.parametrize(
    "line",
    ["see https://py" + "pi.org/simple", "files.python" + "hosted.org", "--index-url " + "https://mirror/x"],
)
def test_make_check_knows_a_package_registry_when_it_reads_one(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    [pattern] = re.findall(r"^registries := (.*)$", makefile, flags=re.MULTILINE)
    assert re.search(pattern, line)
    assert not re.search(pattern, makefile)
