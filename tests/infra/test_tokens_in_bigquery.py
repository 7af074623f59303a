"""Tokenising in BigQuery is set up for this code, and its document names what there is."""

import json
import re
from pathlib import Path

import pytest

from shared.gcp.token_table import name_of
from shared.spam.features import DEFAULT_FEATURES, FEATURES, features_named
from shared.spam.tokenizing import MOST_CALLS, Batch

ROOT = Path(__file__).parents[2]
TOKENS = (ROOT / "infra/terraform/tokens.tf").read_text("utf-8")
DOCUMENT = (ROOT / "docs/training.md").read_text("utf-8")


def said(name: str) -> str:
    found = re.search(rf'(?m)^  {name} += "?([^"\n]+)"?$', TOKENS)
    assert found, name
    return found[1]


def test_terraform_knows_the_features_there_are_in_the_order_the_table_names_them() -> None:
    found = re.search(r"(?m)^  known_features += (\[.*\])$", TOKENS)
    assert found
    known = json.loads(found[1])
    request = {"calls": [], "userDefinedContext": {"features": ",".join(known)}}

    assert ",".join(known) == name_of(DEFAULT_FEATURES)
    assert features_named(",".join(known)) == DEFAULT_FEATURES
    assert Batch.from_request(json.dumps(request).encode()).features == DEFAULT_FEATURES


@pytest.mark.parametrize("text", ["", "words", "characters,words", ",".join(FEATURES[::-1])])
def test_training_names_its_features_as_the_table_does(text: str) -> None:
    """Terraform writes into the table's query what it tells training."""
    names = features_named(text)
    assert ",".join(names) == name_of(names)


def test_features_have_one_name_whatever_their_order_and_no_two_sets_share_it() -> None:
    assert name_of(FEATURES[::-1]) == name_of(FEATURES) == ",".join(FEATURES)
    assert len({name_of([name]) for name in FEATURES}) == len(FEATURES)
    assert not any("," in name for name in FEATURES)


def test_bigquery_sends_no_batch_that_would_be_refused() -> None:
    assert 1 <= int(said("token_batch")) <= MOST_CALLS


def test_the_document_names_files_functions_and_variables_there_are() -> None:
    code = re.findall(r"`([^`\n]+)`", DOCUMENT)
    files = [one for one in code if re.fullmatch(r"[\w./-]+/[\w.-]+\.(?:py|sql|tf|md|tfvars)", one)]
    variables = re.findall(
        r"(?m)^variable \"(\w+)\"", (ROOT / "infra/terraform/variables.tf").read_text("utf-8")
    )

    assert len(files) >= 5
    assert [one for one in files if not (ROOT / one).exists()] == []
    assert set(re.findall(r"(\w+) = \{\}", DOCUMENT)) <= set(variables)
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"))
    assert set(re.findall(r"make ([a-z-]+)", DOCUMENT)) <= set(targets)
