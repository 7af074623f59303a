"""What README.md and infra/README.md tell an operator to do can be done.

Commands, options, log messages, alert policies, roles and links exist; SQL is run on BigQuery's stand-in, the
loop over dead letters with a gcloud that writes down how it was called.
"""

import ast
import base64
import os
import re
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main

from infra.cli.main import app
from infra.costs import SIZES, table
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client
from shared.gcp.takedown_table import TakedownTable
from shared.settings import Cloud
from shared.spam.takedowns import Takedown, TakedownState

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "infra/terraform"
README, OPERATING = ROOT / "README.md", ROOT / "infra/README.md"
DOCUMENTS = [README, OPERATING]
NOW = datetime.now(UTC)


def text(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """The document's code blocks of a language."""
    return [re.sub(r"(?m)^   ", "", found) if found.startswith("   ") else found
            for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", text(path), re.M | re.S)]  # fmt: skip


def told(path: Path) -> str:
    """All code of the document: its shell blocks, and what stands between backticks in its lines."""
    lines = re.sub(r"^ *```.*?^ *```", "", text(path), flags=re.M | re.S)
    shell = "\n".join(blocks(path, "sh")).replace("\\\n", " ")
    return shell + "\n" + "\n".join(re.findall(r"`([^`\n]+)`", lines))


def named(program: str, path: Path) -> Iterator[list[str]]:
    """The words of each command of `program` the document names, up to what ends a command."""
    for found in re.findall(rf"(?m)(?:^|[\s;&|(\"'])({program} [^\n]*)", told(path)):
        for part in re.split(rf"(?=\b{program} )", found):
            words = shell_words(part)
            if words[:1] == [program]:
                yield words


def shell_words(command: str) -> list[str]:
    reader = shlex.shlex(command, posix=True, punctuation_chars="();<>|&")
    reader.whitespace_split = True
    words: list[str] = []
    try:
        for word in reader:
            if set(word) <= set("();<>|&"):
                break
            words.append(word)
    except ValueError:  # a quote of the line around it
        return words
    return words


# Commands


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_named_exists(path: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", text(ROOT / "Makefile")))
    wanted = {word for words in named("make", path) for word in words[1:] if re.fullmatch("[a-z-]+", word)}

    assert wanted
    assert wanted <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sekisho_command_named_exists_with_its_options(path: Path) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    commands: dict[str, Any] = group.commands
    found = list(named("sekisho", path))

    assert found
    for words in found:
        assert words[1] in commands, words
        known = {option for parameter in commands[words[1]].params for option in parameter.opts}
        assert {word.partition("=")[0] for word in words[2:] if word.startswith("--")} <= known, words


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_script_and_module_named_exists(path: Path) -> None:
    for module in re.findall(r"python -m ([\w.]+)", told(path)):
        place = ROOT / Path(*module.split("."))
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


@cache
def gcloud_commands() -> dict[str, Any]:
    """gcloud's commands and options, as it knows them itself; no network is asked."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        pytest.skip("needs gcloud on PATH, to know its commands")
    known = Path(gcloud).resolve().parents[1] / "data/cli/gcloud_completions.py"
    if not known.exists():
        pytest.skip(f"needs {known}, where gcloud keeps its commands")
    tree = ast.parse(known.read_text("utf-8")).body[-1]
    assert isinstance(tree, ast.Assign)
    found: dict[str, Any] = ast.literal_eval(tree.value)
    return found


def test_every_gcloud_command_named_exists_with_its_options() -> None:
    root = gcloud_commands()
    found = [words for words in named("gcloud", OPERATING) if len(words) > 1]

    assert len(found) > 30
    for words in found:
        node, rest = root, words[1:]
        while rest and rest[0] in node["commands"]:
            node, rest = node["commands"][rest[0]], rest[1:]
        assert not node["commands"], f"not a whole command: {' '.join(words)}"
        options = {word.partition("=")[0] for word in rest if re.match(r"--[a-z]", word)}
        known = node["flags"].keys() | root["flags"].keys() | {"--format", "--filter", "--quiet", "--project"}
        assert options <= known, words


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shell_block_is_shell(path: Path) -> None:
    for block in blocks(path, "sh"):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


# What they name


def test_every_link_leads_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
            if target.startswith("http"):
                continue
            file, _, anchor = target.partition("#")
            place = (path.parent / file).resolve() if file else path
            assert place.exists(), target
            assert not anchor or anchor in anchors(place), target


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", text(path))
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_log_message_named_is_logged() -> None:
    code = "\n".join(text(file) for top in ("functions", "shared") for file in (ROOT / top).rglob("*.py"))
    section = text(OPERATING).partition("## Reading the logs")[2].partition("\n## ")[0]
    messages = set(re.findall(r'jsonPayload\.message="([^"]+)"', section))
    messages |= set(re.findall(r"`((?:post|review|past) [a-z ]+)`", text(OPERATING)))

    assert len(messages) >= 10
    assert {message for message in messages if f'"{message}"' not in code} == set()


def test_alert_policies_told_are_terraform_s() -> None:
    titles = re.findall(r'(?m)^\s+title\s+= "(.+)"$', text(TERRAFORM / "alerts.tf"))
    section = text(OPERATING).partition("\n## Alerts")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")][2:]

    assert set(rows) == {title.replace("${run.job}", "JOB") for title in titles}
    assert len(rows) == len(titles)


def test_jobs_services_secrets_buckets_and_subscriptions_told_are_terraform_s() -> None:
    code = told(OPERATING)
    functions = re.findall(
        r"(?m)^    (\w+) = \{$", text(TERRAFORM / "functions.tf").partition("registry = {")[2]
    )
    services = {name.replace("_", "-") for name in functions}
    secrets = {
        name.lower().replace("_", "-")
        for name in re.findall(r"(?m)^    (SEKISHO_\w+) +=", text(TERRAFORM / "secrets.tf"))
    }
    buckets = set(
        re.findall(r"(?m)^    (\w+) = \{$", text(TERRAFORM / "storage.tf").partition("buckets = {")[2])
    )

    assert set(re.findall(r"versions add (\S+)", code)) == secrets | {"…"}
    assert set(re.findall(r"\$PROJECT-sekisho-(\w+)", code)) <= buckets
    jobs = set(re.findall(r"scheduler jobs \w+ ([a-z-]+)", code))
    assert jobs
    assert all(job.rpartition("-")[0] in services for job in jobs)
    assert set(re.findall(r"update-traffic (\S+)", code)) <= services
    topics = set(re.findall(r'topic\s+= \{ name = "([^"]+)"', text(TERRAFORM / "functions.tf")))
    assert set(re.findall(r"subscriptions (?:pull|ack) (\S+)", code)) <= {f"{topic}-dead" for topic in topics}
    assert set(re.findall(r"topics publish (\S+)", code)) <= topics


def test_the_targeted_apply_and_the_outputs_named_exist() -> None:
    outputs = re.findall(r'(?m)^output "(\w+)"', text(TERRAFORM / "outputs.tf"))

    assert set(re.findall(r"tf output (\w+)", told(OPERATING))) <= set(outputs)
    (kind, name) = re.findall(r"-target=(\w+)\.(\w+)", told(OPERATING))[0]
    assert f'resource "{kind}" "{name}"' in text(TERRAFORM / "secrets.tf")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_state_s_bucket_is_the_one_builds_and_bootstrap_name(environment: str) -> None:
    folder = TERRAFORM / "environments"
    project = re.search(r'(?m)^project += "([^"]+)"', text(folder / f"{environment}.tfvars"))
    assert project

    assert f'bucket = "{project[1]}-terraform"' in text(folder / f"{environment}.backend")
    assert "_BUCKET: ${PROJECT_ID}-terraform" in text(ROOT / "cloudbuild.yaml")


def test_the_account_that_applies_may_grant_what_terraform_grants_and_no_more() -> None:
    granted: set[str] = set()
    for file in TERRAFORM.glob("*.tf"):
        for body in re.findall(r'(?ms)^resource "google_project_iam_member" .*?^\}', text(file)):
            granted |= set(re.findall(r'"(roles/[\w.]+)"', body))
    condition = re.search(r"hasOnly\(\[(.*?)\]\)", text(OPERATING))
    assert condition

    assert set(re.findall(r'"(roles/[\w.]+)"', condition[1])) == granted


def test_triggers_run_the_accounts_and_the_stages_of_the_build() -> None:
    for stage in ("plan", "apply"):
        made = (
            words for words in named("gcloud", OPERATING) if words[1:4] == ["builds", "triggers", "create"]
        )
        (trigger,) = (words for words in made if f"sekisho-{stage}" in words)
        assert f"_STAGE={stage}," in trigger[trigger.index("--substitutions") + 1]
        assert f"/sekisho-{stage}@" in trigger[trigger.index("--service-account") + 1]
        assert ("--require-approval" in trigger) == (stage == "apply")


# Figures


def test_the_table_of_costs_is_what_is_reckoned() -> None:
    shown = re.search(r"(?s)<!-- costs -->\n(.*?)\n<!-- /costs -->", text(OPERATING))
    assert shown

    assert shown[1] == table(SIZES), "run `make costs`, and put it there"


# SQL


@pytest.fixture(scope="module")
def dataset(cloud_settings: Cloud) -> str:
    """A dataset with every table and view, nobody else's."""
    name = f"operating_{uuid.uuid4().hex[:12]}"
    create_tables(bigquery_client(cloud_settings), name)
    return name


def of_dataset(sql: str, dataset: str) -> str:
    return sql.replace("sekisho.", f"{dataset}.")


def test_every_query_of_a_promise_is_answered(cloud_settings: Cloud, dataset: str) -> None:
    client = bigquery_client(cloud_settings)
    queries = [sql for sql in blocks(OPERATING, "sql") if not sql.startswith("INSERT")]

    assert len(queries) == 4
    for sql in queries:
        assert len(list(client.query_and_wait(of_dataset(sql, dataset)))) == 1, sql


def test_wrong_takedowns_of_a_model_are_undone_by_what_is_told(cloud_settings: Cloud, dataset: str) -> None:
    """Those of the version, taken down since then, and no others are what the next sweep restores."""
    client = bigquery_client(cloud_settings)
    journal = TakedownTable(client, dataset)
    journal.append(
        Takedown(post_id, 1, TakedownState.TAKEN_DOWN, "bayes", version, "spam", when)
        for post_id, version, when in (
            ("wrong", "v2", NOW - timedelta(hours=2)),
            ("of-before", "v2", NOW - timedelta(days=20)),
            ("of-another", "v1", NOW - timedelta(hours=2)),
        )
    )
    (sql,) = (sql for sql in blocks(OPERATING, "sql") if sql.startswith("INSERT"))
    sql = sql.replace("VERSION", "v2")
    sql = re.sub(r"TIMESTAMP '[^']+'", f"TIMESTAMP '{NOW - timedelta(days=1):%Y-%m-%d %H:%M:%S+00}'", sql)

    assert journal.overturned(NOW, 60) == []
    client.query_and_wait(of_dataset(sql, dataset))

    assert [each.post_id for each in journal.overturned(datetime.now(UTC), 60)] == ["wrong"]


def test_queries_of_promises_count_what_they_say(cloud_settings: Cloud, dataset: str) -> None:
    client = bigquery_client(cloud_settings)
    journal = TakedownTable(client, dataset)
    down = NOW - timedelta(hours=5)
    steps = [("quick", 30), ("slow", 90), ("never", None)]
    for post_id, minutes in steps:
        journal.append([Takedown(post_id, 1, TakedownState.TAKEN_DOWN, "bayes", "v9", "spam", down)])
        said = NOW - timedelta(hours=4)
        label = {
            "label_id": f"said-{post_id}", "post_id": post_id, "revision": 1, "answer": "ok",
            "source": "queue", "answered_at": said.isoformat(),
        }  # fmt: skip
        assert client.insert_rows_json(f"{client.project}.{dataset}.review_labels", [label]) == []
        if minutes:
            when = said + timedelta(minutes=minutes)
            journal.append([Takedown(post_id, 1, TakedownState.RESTORED, "bayes", "v9", "spam", when)])
    (sql,) = (sql for sql in blocks(OPERATING, "sql") if "Undone within the hour" in sql)
    only = of_dataset(sql, dataset).replace(
        "WHERE answer = 'ok'", "WHERE label_id LIKE 'said-%' AND answer = 'ok'"
    )

    (row,) = client.query_and_wait(only)

    assert row["in_time"] == pytest.approx(1 / 3)


# Dead letters


def test_what_was_given_up_is_handed_in_anew_and_only_then_acknowledged(tmp_path: Path) -> None:
    post = '{"title": "データ入力 > ok?"}'
    data = base64.urlsafe_b64encode(post.encode()).decode()
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(
        '#!/bin/bash\nprintf "%s\\n" "$*" >>"$CALLS"\n'
        f'case "$*" in *" pull "*) printf "ack-1\\t{data}\\nack-2\\t{data}\\n";;\n'
        # The second publish fails.
        '*" publish "*) [ "$(grep -c " publish " "$CALLS")" = 1 ];; esac\n'
    )
    gcloud.chmod(0o755)
    (loop,) = (block for block in blocks(OPERATING, "sh") if "while read" in block)
    calls = tmp_path / "calls"

    subprocess.run(
        ["bash", "-c", loop], env={"PATH": f"{tmp_path}:{os.defpath}", "CALLS": str(calls)}, check=False
    )

    made = calls.read_text("utf-8").splitlines()
    assert made[1] == f"pubsub topics publish new-posts --message {post}"
    assert [call for call in made if " ack " in call] == [
        "pubsub subscriptions ack new-posts-dead --ack-ids ack-1"
    ]
