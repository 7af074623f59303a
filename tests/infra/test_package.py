"""What is deployed of a function: all it can come to import, and the same bytes for the same source."""

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.package import ROOT, contents, function_names


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the source, to change."""
    for part in ("functions", "shared", "infra/package.py", "infra/dictionary.py", "infra/debian.py"):
        source, copy = ROOT / part, tmp_path / "checkout" / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    (tmp_path / "checkout/infra/__init__.py").touch()
    return tmp_path / "checkout"


def pack(
    checkout: Path, *arguments: str, dictionary: str = "--stock-dictionary"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.package", *filter(None, [dictionary]), *arguments],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip


def run(node: ast.AST) -> Iterator[ast.AST]:
    """What can come to be run: all but what only type checkers read."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from run(child)


def archives(checkout: Path) -> dict[str, bytes]:
    done = pack(checkout)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in checkout.glob("dist/*")}


@pytest.mark.parametrize("function", function_names())
def test_an_archive_holds_every_module_of_ours_its_source_names(function: str) -> None:
    held = contents(function)
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in held}
    for name, content in held.items():
        for node in run(ast.parse(content) if name.endswith(".py") else ast.Module([], [])):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "shared":
                assert node.module in modules, f"{name}:{node.lineno}"
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    is_module = (ROOT / inner.replace(".", "/")).with_suffix(".py").exists()
                    assert not is_module or inner in modules, f"{name}:{node.lineno}"


def test_an_archive_holds_what_is_imported_only_when_it_is_needed() -> None:
    assert any("charts" in name for name in contents("send_summary"))


def test_an_archive_holds_nothing_of_the_laptop_and_of_other_functions() -> None:
    for function in function_names():
        names = set(contents(function))
        assert {"main.py", "requirements.txt"} <= names
        assert all(name.startswith("shared/") for name in names - {"main.py", "requirements.txt"})
    assert not any(name.startswith("shared/kpi") for name in contents("judge_post"))
    assert not any(name.startswith("shared/spam") for name in contents("check_kpi_table"))


def test_the_same_source_gives_the_same_bytes_wherever_and_whenever(checkout: Path) -> None:
    first = archives(checkout)
    assert len(first) == len(function_names())
    for file in checkout.rglob("*.py"):  # a fresh clone's files are all of today, and of another umask
        file.touch()
        file.chmod(0o600)
    shutil.rmtree(checkout / "dist")
    assert archives(checkout) == first


def test_a_change_renames_the_archives_that_import_it_and_no_other(checkout: Path) -> None:
    before = archives(checkout)
    with (checkout / "shared/spam/tokens.py").open("a") as source:
        source.write("# changed\n")
    after = archives(checkout)
    renamed = {name.rsplit("-", 1)[0] for name in after.keys() - before.keys()}
    assert renamed == {"judge_new_posts", "judge_post", "tokenize_posts", "train_spam_model"}
    assert len(after) == len(before), "the older archives are gone"


def test_an_archive_says_what_is_in_it_in_order_and_readable_by_everyone(checkout: Path) -> None:
    archives(checkout)
    for path in checkout.glob("dist/*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == sorted(archive.namelist())
            assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_an_archive_that_is_too_large_is_refused_and_says_what_is_large(checkout: Path) -> None:
    with (checkout / "shared/spam/posts.py").open("a") as source:
        source.write(f'WORDS = "{"x" * 1_000_000}"\n')
    done = pack(checkout, "judge_post")
    assert done.returncode == 1
    assert "judge_post: expected an archive of at most 1,000,000 bytes, came 1," in done.stderr
    assert "its largest file is shared/spam/posts.py with 1,0" in done.stderr
    assert list(checkout.glob("dist/*")) == []


def test_an_unknown_function_is_named_beside_the_known_ones(checkout: Path) -> None:
    done = pack(checkout, "judge_posts")
    assert done.returncode == 2
    assert "check_kpi_table" in done.stderr and "came 'judge_posts'" in done.stderr


def test_a_function_without_pins_is_not_packed(checkout: Path) -> None:
    (checkout / "functions/judge_post/requirements.txt").unlink()
    done = pack(checkout, "judge_post")
    assert done.returncode == 1
    assert "functions/judge_post/requirements.txt" in done.stderr


@pytest.mark.skipif(Path("/usr/share/mecab/dic/ipadic").exists(), reason="mecab-ipadic is installed here")
def test_where_no_slim_dictionary_can_be_made_functions_are_packed_without(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = pack(checkout, "judge_post", dictionary="")
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()[0]
    assert said.startswith("package: no slim dictionary: expected Debian's mecab-ipadic")
    assert said.endswith("the stock one is used")
    (packed,) = checkout.glob("dist/*.zip")
    with zipfile.ZipFile(packed) as archive:
        assert not any("dictionary" in name for name in archive.namelist())
