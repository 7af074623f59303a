"""The house keeps its own rules: who imports whom, reads the clock and the environment, what is documented.

Import rules are import-linter's contracts in pyproject.toml; the rest reads the source here. Every rule is
shown to catch a violation planted in a copy of the code: a rule that catches nothing protects nothing.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("shared", "infra", "functions")
ADAPTERS = ("shared/gcp/", "shared/alerts/", "shared/platform_api.py")
FORBIDDEN_ROOMS = {"utils", "util", "helpers", "helper", "common", "misc"}
LIBRARIES = {
    "shared/spam/": {"numpy", "scipy", "pydantic", "selectolax", "re2", "MeCab", "ipadic"},
    "shared/kpi/": {"numpy", "scipy", "pydantic", "pydantic_core", "holidays", "prophet", "pandas"}
    | {"threadpoolctl"},
}
"""What the domain may import besides the standard library and shared; contracts say which module may."""

type Rule = Callable[[Path], Iterator[str]]


def clock_is_read_only_by_main(root: Path) -> Iterator[str]:
    """Deciding is given `now`; adapters may wait and measure, not ask what time it is."""
    tells_time = {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
    }
    tells_time |= {"time.localtime", "time.gmtime"}
    waits = {"time.sleep", "time.monotonic", "time.monotonic_ns", "time.perf_counter"}
    for path, tree in sources(root, "shared"):
        banned = tells_time if path.startswith(ADAPTERS) else tells_time | waits
        for line, name in names_used(tree):
            if any(name == one or name.endswith(f".{one}") for one in banned):
                yield f"{path}:{line} {name}"


def environment_is_read_only_by_settings(root: Path) -> Iterator[str]:
    """What the environment may say is all in one file."""
    for path, tree in sources(root, "shared", "functions"):
        if path == "shared/settings.py":
            continue
        for line, name in names_used(tree):
            if name.split(".")[:2] in (
                ["os", "environ"],
                ["os", "environb"],
                ["os", "getenv"],
                ["os", "putenv"],
            ):
                yield f"{path}:{line} {name}"


def domain_imports_only_its_libraries(root: Path) -> Iterator[str]:
    """The domain runs anywhere: standard library, errors, and the libraries the house names."""
    for path, tree in sources(root, "shared"):
        allowed = next((names for folder, names in LIBRARIES.items() if path.startswith(folder)), None)
        if allowed is None:
            continue
        for line, module in imports(tree):
            top = module.split(".")[0]
            if top not in {"shared", *allowed, *sys.stdlib_module_names}:
                yield f"{path}:{line} {module}"


def packages_hold_only_a_docstring(root: Path) -> Iterator[str]:
    """Nothing happens at import, least of all where nobody looks."""
    for path, tree in sources(root, *CODE):
        if path.endswith("__init__.py") and (len(tree.body) != 1 or ast.get_docstring(tree) is None):
            yield path


def rooms_are_named_after_the_trade(root: Path) -> Iterator[str]:
    """A module named for what is in it is found; a drawer for the rest only grows."""
    for path, _tree in sources(root, *CODE):
        if FORBIDDEN_ROOMS & set(Path(path).with_suffix("").parts):
            yield path


def public_names_say_what_they_mean(root: Path) -> Iterator[str]:
    """Every public module, class and function has a docstring."""
    for path, tree in sources(root, "shared", "functions"):
        if ast.get_docstring(tree) is None:
            yield path
        yield from (f"{path}:{node.lineno} {node.name}" for node in undocumented(tree))


def functions_are_complete(root: Path) -> Iterator[str]:
    """One folder is one deployed function: main.py with a function of its name, pins, a dependency group."""
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    for folder in sorted((root / "functions").iterdir()):
        if folder.name.startswith((".", "__")) or not folder.is_dir():
            continue
        name = folder.name
        main = folder / "main.py"
        body = ast.parse(main.read_text()).body if main.exists() else []
        if not any(isinstance(node, ast.FunctionDef) and node.name == name for node in body):
            yield f"functions/{name}/main.py: expected a function {name}, found none"
        if not (folder / "requirements.txt").exists():
            yield f"functions/{name}: expected a requirements.txt, found none"
        if name not in groups:
            yield f"pyproject.toml: expected a dependency group {name}, found none"


def functions_import_at_the_top(root: Path) -> Iterator[str]:
    """A cold start is paid once and seen by the pins' test, not hidden in the first request."""
    for path, tree in sources(root, "functions"):
        top = {node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and node not in top:
                yield f"{path}:{node.lineno}"


RULES: dict[Rule, tuple[str, str]] = {
    clock_is_read_only_by_main: (
        "shared/spam/planted.py",
        '"""Planted."""\nfrom datetime import datetime as now_is\nNOW = now_is.now()\n',
    ),
    environment_is_read_only_by_settings: (
        "shared/gcp/planted.py",
        '"""Planted."""\nfrom os import environ\nHOME = environ["HOME"]\n',
    ),
    domain_imports_only_its_libraries: (
        "shared/spam/planted.py",
        '"""Planted."""\ndef ask():\n    """Ask."""\n    import requests.adapters\n',
    ),
    packages_hold_only_a_docstring: ("shared/spam/__init__.py", '"""Planted."""\nfrom . import posts\n'),
    rooms_are_named_after_the_trade: ("shared/helpers/planted.py", '"""Planted."""\n'),
    public_names_say_what_they_mean: (
        "shared/planted.py",
        '"""Planted."""\nclass Kept:\n    """Kept."""\n    def said(self): ...\n',
    ),
    functions_are_complete: ("functions/planted/main.py", '"""Planted."""\n'),
    functions_import_at_the_top: (
        "functions/planted/main.py",
        '"""Planted."""\ndef planted():\n    """Plant."""\n    import json\n',
    ),
}
"""Each rule with the file that breaks it."""

CONTRACTS = {
    "house": ("shared/replies.py", "import infra.pins", "shared.replies -> infra.pins"),
    "functions": (
        "functions/judge_post/main.py",
        "import functions.record_review.main",
        "functions.judge_post.main -> functions.record_review.main",
    ),
    "infra": ("infra/local/tables.py", "import infra.cli.main", "infra.local.tables -> infra.cli.main"),
    "shared": ("shared/spam/posts.py", "import shared.kpi.series", "shared.spam.posts -> shared.kpi.series"),
    "kpi": (
        "shared/kpi/configuration/watched.py",
        "import shared.kpi.arrival.day",
        "shared.kpi.configuration.watched -> shared.kpi.arrival.day",
    ),
    "google": ("shared/platform_api.py", "import google.auth", "shared.platform_api -> google"),
    "telemetry": ("shared/replies.py", "import opentelemetry.trace", "shared.replies -> opentelemetry"),
    "words": ("shared/spam/features.py", "import MeCab", "shared.spam.features -> MeCab"),
    "html": ("shared/spam/tokens.py", "import selectolax.lexbor", "shared.spam.tokens -> selectolax"),
    "patterns": ("shared/spam/text.py", "import re2", "shared.spam.text -> re2"),
    "forecasts": ("shared/kpi/series.py", "import pandas", "shared.kpi.series -> pandas"),
    "holidays": ("shared/kpi/tables.py", "import holidays", "shared.kpi.tables -> holidays"),
    "slack": ("shared/alerts/console.py", "import slack_sdk", "shared.alerts.console -> slack_sdk"),
    "charts": ("shared/alerts/console.py", "import matplotlib", "shared.alerts.console -> matplotlib"),
    "yaml": ("shared/gcp/config_files.py", "import yaml", "shared.gcp.config_files -> yaml"),
    "signatures": (
        "functions/record_review/main.py",
        "import standardwebhooks",
        "functions.record_review.main -> standardwebhooks",
    ),
}
"""Each contract with a line that breaks it, the file it is planted in, and what import-linter says of it."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_catches_a_planted_violation(rule: Rule, copy_of_code: Path) -> None:
    file, planted = RULES[rule]
    path = copy_of_code / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(planted)
    found = list(rule(copy_of_code))
    assert found
    assert all("planted" in finding or finding.startswith(file) for finding in found)


def test_the_house_keeps_its_import_contracts() -> None:
    status, report = lint_imports(ROOT)
    assert status == 0, report


def test_every_contract_catches_a_planted_violation(copy_of_code: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(CONTRACTS)
    for file, line, _said in CONTRACTS.values():
        path = copy_of_code / file
        path.write_text(f"{path.read_text()}\n{line}\n")

    status, report = lint_imports(copy_of_code)

    assert status != 0
    for contract in contracts:
        assert f"{contract['name']} BROKEN" in report
        assert CONTRACTS[contract["id"]][2] in section_of(report, contract["name"])


def test_adapters_and_infra_stay_below_and_out_of_the_domain(copy_of_code: Path) -> None:
    planted = {
        "shared/spam/posts.py": ("shared.gcp.rows", "shared.settings", "functions.judge_post.main"),
        "shared/platform_api.py": ("shared.gcp.rows", "shared.judges"),
        "shared/errors.py": ("shared.logs",),
        "shared/undecided.py": (),  # a module no layer names
    }
    for file, modules in planted.items():
        path = copy_of_code / file
        path.touch()
        path.write_text(path.read_text() + "".join(f"\nimport {module}\n" for module in modules))

    _status, report = lint_imports(copy_of_code, "--contract", "shared", "--contract", "house")
    (copy_of_code / "shared/undecided.py").unlink()
    _status, links = lint_imports(copy_of_code, "--contract", "shared", "--contract", "house")

    assert "shared.undecided" in report or "undecided" in report
    for file, modules in planted.items():
        importer = file.removesuffix(".py").replace("/", ".")
        for module in modules:
            assert f"{importer} -> {module}" in links


@pytest.fixture
def copy_of_code(tmp_path: Path) -> Path:
    """The code and its configuration in a folder where rules may be broken."""
    for folder in CODE:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(root: Path, *options: str) -> tuple[int, str]:
    """The exit code of import-linter over the code in `root`, and its report with every line unwrapped.

    Without site (-S) the editable install is not on the path: in a copy, it would be a second `functions`.
    """
    main = "from importlinter.cli import lint_imports_command as main; main()"
    run = subprocess.run(
        [sys.executable, "-S", "-c", main, "--no-logo", "--no-cache", *options],
        cwd=root,
        env={"COLUMNS": "1000", "PATH": os.defpath, "PYTHONPATH": f"{root}:{sysconfig.get_path('purelib')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def section_of(report: str, name: str) -> str:
    """What import-linter says about one broken contract."""
    _before, details = report.split("Broken contracts", 1)
    after = re.split(rf"^{re.escape(name)}\n-+$", details, flags=re.MULTILINE)[1]
    return re.split(r"^-{3,}$", after, flags=re.MULTILINE)[0]


def sources(root: Path, *folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every Python file of the folders, as a path from `root`, and its syntax tree."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every absolute import, also those inside functions: the line and the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module or ""


def names_used(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every dotted name used, with imported names spelt out: `now_is.now` is `datetime.datetime.now`."""
    full: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, *rest = ast.unparse(node).split(".")
            yield node.lineno, ".".join([full.get(first, first), *rest])


def undocumented(
    node: ast.Module | ast.ClassDef,
) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes and functions in `node` without a docstring, methods of public classes too."""
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield child
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child)
