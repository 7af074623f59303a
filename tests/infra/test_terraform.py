"""infra/terraform says what the code says: the same functions, topics, settings, messages, tables.

What Terraform computes is read by `terraform console`, with each environment's own variables: so the code's
own readers are shown to understand what functions would be told. That roles, dead letters and alert policies
are as they should be is asserted by Terraform's own tests, infra/terraform/tests/, which `make check` runs.
"""

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local.functions import FUNCTIONS, dead_topic
from infra.local.tables import REFERENCE
from infra.package import contents, function_names
from shared import settings
from shared.spam.moderation import Moderation
from shared.spam.verdicts import Mode

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "infra/terraform"
TOOL = ROOT.parent / "shared/tools/terraform"
"""Terraform's provider without its registry, where this machine has it."""
ENVIRONMENTS = ("dev", "prod")
VARIABLE = re.compile(r"SEKISHO_[A-Z_]+|[A-Z]+_EMULATOR_HOST|GOOGLE_CLOUD_PROJECT|K_REVISION")
NOT_SET = {
    "BIGQUERY_EMULATOR_HOST": "a laptop's",
    "STORAGE_EMULATOR_HOST": "a laptop's",
    "PUBSUB_EMULATOR_HOST": "a laptop's",
    "K_REVISION": "Cloud Run sets it",
    "SEKISHO_DICTIONARY": "no dictionary but IPADIC is packed",
    "SEKISHO_USER_DICTIONARY": "no dictionary but IPADIC is packed",
    "SEKISHO_SLACK_API_URL": "Slack's own by default",
}
SECRETS = {
    "SEKISHO_MODEL_KEY": "k" * 32,
    "SEKISHO_PLATFORM_TOKEN": "token",
    "SEKISHO_WEBHOOK_SECRET": "whsec_c2VjcmV0",
    "SEKISHO_SLACK_TOKEN": "xoxb-token",
}
RESERVED_MESSAGES = {"breaker opened"}
"""Counted, and not logged by anything yet."""
WANTED = """{functions=local.functions, settings=local.settings, secrets=local.secrets, jobs=local.jobs,
metrics=local.metrics, configuration=local.configuration, unreadable=local.unreadable_datasets,
tables=keys(local.tables), levels=[local.level_0, local.level_1, local.level_2]}"""


@cache
def evaluated(environment: str) -> dict[str, Any]:
    """What Terraform computes for `environment`, of a copy that has no remote state. Made once."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("needs terraform on PATH")
    copy = ROOT / ".local/terraform" / f"{environment}-{os.getpid()}"
    try:
        shutil.copytree(
            ROOT / "infra",
            copy / "infra",
            ignore=shutil.ignore_patterns("__pycache__", "local", "cli", "requirements", ".terraform*"),
        )
        folder = copy / "infra/terraform"
        versions = folder / "versions.tf"
        versions.write_text(versions.read_text("utf-8").replace('backend "gcs" {}', ""), "utf-8")
        for name in (".terraform.lock.hcl", "terraform.tfstate"):
            (folder / name).unlink(missing_ok=True)
        run(terraform, folder, "init", "-backend=false", "-input=false")
        variables = ("-var-file", f"environments/{environment}.tfvars", "-var", "code_revision=abc1234")
        told = run(terraform, folder, "console", *variables, asked=f"jsonencode({WANTED})".replace("\n", " "))
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    found: dict[str, Any] = json.loads(json.loads(told))
    return found


def run(terraform: str, folder: Path, *arguments: str, asked: str = "") -> str:
    """What terraform answers. Its provider comes from the tool where there is one, else from the registry."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    environment.pop("TF_CLI_ARGS_init", None)  # a build's: the copy has no lock file to hold it to
    command = [terraform, f"-chdir={folder}", *arguments]
    if TOOL.exists():
        kept = Path(os.environ.get("TERRAFORM_CHECK_CACHE", Path.home() / ".cache/terraform-check"))
        if not (kept / "google_schema.json").exists():
            (folder / "empty").mkdir()
            subprocess.run([TOOL / "check", folder / "empty"], check=True, capture_output=True)
        environment |= {"GOOGLE_SCHEMA": str(kept / "google_schema.json"), "TF_CLI_CONFIG_FILE": os.devnull}
        command = [str(kept / "venv/bin/python"), str(TOOL / "stub_provider.py"), *command]
    done = subprocess.run(
        command, env=environment, input=asked, capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def variables_of(environment: str) -> dict[str, str]:
    """The plain texts an environment's file sets, its own or as an operator changed them."""
    text = (TERRAFORM / "environments" / f"{environment}.tfvars").read_text("utf-8")
    return dict(re.findall(r'^(\w+)\s+= "([^"]*)"', text, re.M))


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    """Each environment in turn."""
    return str(request.param)


def environment_of(function: str, told: Mapping[str, Any]) -> dict[str, str]:
    """The environment `function` would start with, its secrets filled in as an operator may have."""
    entry = told["functions"][function]
    groups = [told["settings"][reader] for reader in entry["settings"]]
    mounted = {name: SECRETS[name] for name in entry["secrets"] if name in told["secrets"]}
    return {
        name: value for group in (*groups, entry["environment"], mounted) for name, value in group.items()
    }


# The registry


def test_the_registry_and_the_functions_folders_agree() -> None:
    """Read as text: this holds also where there is no terraform."""
    registry = re.search(
        r"^  registry = \{\n(.*?)^  \}$", (TERRAFORM / "functions.tf").read_text("utf-8"), re.M | re.S
    )
    assert registry
    assert sorted(re.findall(r"^    (\w+) = \{$", registry[1], re.M)) == function_names()


def test_topics_are_those_of_the_local_cloud() -> None:
    told = evaluated("prod")
    topics = {name: entry["topic"]["name"] for name, entry in told["functions"].items() if entry["topic"]}

    assert topics == {function.name: function.topic for function in FUNCTIONS if function.topic}
    assert told["settings"]["intake"]["SEKISHO_DEAD_POSTS_TOPIC"] == dead_topic(topics["judge_post"])
    assert all(
        told["functions"][function.name]["topic"]["ack_deadline"] >= function.answers_within_seconds
        for function in FUNCTIONS
        if function.topic
    )


def test_functions_of_topics_are_cloud_event_functions_and_no_others_are() -> None:
    marked = {
        name
        for name in function_names()
        if "@functions_framework.cloud_event" in contents(name)["main.py"].decode()
    }

    assert marked == {name for name, entry in evaluated("prod")["functions"].items() if entry["topic"]}


def test_webhooks_are_the_functions_that_check_signatures() -> None:
    checking = {name for name in function_names() if "signed_body(" in contents(name)["main.py"].decode()}

    assert checking == {name for name, entry in evaluated("prod")["functions"].items() if entry["webhook"]}


def test_schedules_are_cron() -> None:
    """Terraform does not look into them, and Scheduler would only when they are applied."""
    ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for name, job in evaluated("prod")["jobs"].items():
        fields = job["cron"].split()
        assert len(fields) == len(ranges), name
        for field, (lowest, highest) in zip(fields, ranges, strict=True):
            found = re.fullmatch(r"\*|(?:\*/)?(\d+)", field)
            assert found, f"{name}: {field}"
            assert found[1] is None or lowest <= int(found[1]) <= highest, f"{name}: {field}"


# Settings


def test_functions_are_given_what_they_read_and_nothing_else() -> None:
    told, known = evaluated("prod"), variables_of_readers()

    def variables(readers: Iterable[str]) -> set[str]:
        return {variable for reader in readers for variable in known[reader]}

    for name in function_names():
        given, read = told["functions"][name]["settings"], readers_called(name)
        assert set(given) <= read, name
        assert variables(given) == variables(read), name


def test_every_variable_settings_knows_is_set_where_it_is_read() -> None:
    told, known = evaluated("prod"), variables_of_readers()
    for name in function_names():
        entry = told["functions"][name]
        wanted = {variable for reader in entry["settings"] for variable in known[reader]} - NOT_SET.keys()
        assert environment_of(name, told).keys() - entry["environment"].keys() == wanted, name
    assert NOT_SET.keys() <= {variable for variables in known.values() for variable in variables}


def test_every_reader_understands_what_terraform_tells_it(environment: str) -> None:
    told = evaluated(environment)
    for name in function_names():
        env = environment_of(name, told)
        for reader in told["functions"][name]["settings"]:
            read: Callable[[Mapping[str, str]], Any] = getattr(settings, reader)
            read(env)  # a ConfigError names the variable


def test_dev_touches_nobody_and_prod_says_so_where_it_does() -> None:
    dev, prod = (environment_of("judge_post", evaluated(each)) for each in ENVIRONMENTS)

    assert not settings.platform(dev).acts
    assert settings.platform(prod).acts == (variables_of("prod").get("takedowns") == "platform")
    assert not settings.alerts(environment_of("send_summary", evaluated("dev"))).to_slack
    to_slack = settings.alerts(environment_of("send_summary", evaluated("prod"))).to_slack
    assert to_slack == (variables_of("prod").get("alerts") == "slack")


def test_a_sweep_ends_before_it_is_cut_off() -> None:
    told = evaluated("prod")
    seconds = settings.run_seconds(environment_of("judge_new_posts", told))

    assert seconds + 60 <= told["functions"]["judge_new_posts"]["timeout"]


# Configuration and data


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_moderation_files_are_what_functions_take_and_only_prods_may_say_auto(name: str) -> None:
    path = TERRAFORM / "environments" / f"{name}.moderation.yaml"
    moderation = Moderation.parse(yaml.safe_load(path.read_text("utf-8")), str(path))

    assert name == "prod" or moderation.mode is not Mode.AUTO


def test_an_environment_deploys_its_own_moderation_file(environment: str) -> None:
    file = evaluated(environment)["configuration"]["moderation.yaml"]

    assert file == f"./environments/{environment}.moderation.yaml"


def test_every_kpi_table_is_deployed_and_may_be_read(environment: str) -> None:
    told, said = evaluated(environment), variables_of(environment)
    folder = TERRAFORM / said.get("kpi_tables", "../kpi_tables")

    assert {name for name in told["configuration"] if name.startswith("kpi_tables/")} == {
        f"kpi_tables/{path.name}" for path in folder.glob("*.y*ml")
    }
    assert told["unreadable"] == []


def test_every_schema_is_a_table_or_a_view_made_after_what_it_reads() -> None:
    told = evaluated("prod")
    files = {path.name for path in (ROOT / "infra/schemas").iterdir()}
    views = {name: level for level, names in enumerate(told["levels"]) for name in names}

    assert {f"{name}.json" for name in told["tables"]} | {f"{name}.sql" for name in views} == files
    for name, level in views.items():
        text = (ROOT / f"infra/schemas/{name}.sql").read_text("utf-8")
        assert all(views[read] < level for read in REFERENCE.findall(text) if read in views), name


def test_functions_append_to_tables_there_are() -> None:
    told = evaluated("prod")
    appended = {table for entry in told["functions"].values() for table in entry["appends_to"]}

    assert appended <= set(told["tables"])


# Monitoring


def test_metrics_count_messages_that_functions_log() -> None:
    for name, metric in evaluated("prod")["metrics"].items():
        for message in re.findall(r'jsonPayload\.message="([^"]+)"', metric["filter"]):
            if message in RESERVED_MESSAGES:
                continue
            services = re.findall(
                r'"([a-z-]+)"', metric["filter"].partition("service_name=")[2].partition(" AND ")[0]
            )
            logged = {
                service: f'"{message}"' in source_of(service.replace("-", "_"))
                for service in services
                if service.replace("-", "_") in function_names()
            }
            assert logged, name
            assert any(logged.values()), f"{name}: {message!r} is logged by none of {', '.join(logged)}"


def test_metrics_read_facts_that_functions_log() -> None:
    for name, metric in evaluated("prod")["metrics"].items():
        service = re.findall(r'service_name="([a-z-]+)"', metric["filter"])
        extracted = [*metric.get("labels", {}).values(), metric.get("value", "")]
        fields = {
            field for text in extracted for field in re.findall(r"EXTRACT\(jsonPayload\.([\w.]+)\)", text)
        }
        fields |= set(re.findall(r"jsonPayload\.(?!message)([\w.]+)[=>]", metric["filter"]))
        for part in {part for field in fields for part in field.split(".")}:
            assert f'"{part}"' in source_of(service[0].replace("-", "_")), f"{name}: {part}"


# Environments


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environments_file_says_which_it_is_and_only_known_variables(name: str) -> None:
    text = (TERRAFORM / "environments" / f"{name}.tfvars").read_text("utf-8")
    known = re.findall(r'^variable "(\w+)"', (TERRAFORM / "variables.tf").read_text("utf-8"), re.M)

    assert f'environment = "{name}"' in text
    assert set(re.findall(r"^(\w+)\s+=", text, re.M)) <= set(known)


def test_every_variable_and_output_is_described() -> None:
    for file in ("variables.tf", "outputs.tf"):
        blocks = re.findall(
            r'^(?:variable|output) "(\w+)" \{\n(.*?)^\}$', (TERRAFORM / file).read_text("utf-8"), re.M | re.S
        )
        assert blocks
        for name, body in blocks:
            assert re.match(r'  description\s+= "[^"]{20,}', body), name


def readers_called(function: str) -> set[str]:
    """The readers of shared/settings.py that `function` calls or hands on, itself or in what it imports."""
    readers = {node.name for node in functions_of_settings()}
    return {
        node.attr
        for name, source in contents(function).items()
        if name.endswith(".py") and name != "shared/settings.py"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
        if node.attr in readers
    }


def functions_of_settings() -> Iterator[ast.FunctionDef]:
    """The functions of shared/settings.py."""
    tree = ast.parse((ROOT / "shared/settings.py").read_text("utf-8"))
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))


def variables_of_readers() -> dict[str, set[str]]:
    """By reader of shared/settings.py the variables it reads, also through others."""
    own: dict[str, set[str]] = {}
    calls: dict[str, set[str]] = {}
    for function in functions_of_settings():
        nodes = [node for statement in function.body for node in ast.walk(statement)]
        own[function.name] = {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and VARIABLE.fullmatch(node.value)
        }
        calls[function.name] = {
            node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }

    def closure(name: str) -> set[str]:
        return own[name].union(*(closure(each) for each in calls[name] & own.keys()))

    return {name: closure(name) for name in own}


@cache
def source_of(function: str) -> str:
    """The text of `function` and all of ours it imports."""
    return "\n".join(source.decode() for name, source in contents(function).items() if name.endswith(".py"))
