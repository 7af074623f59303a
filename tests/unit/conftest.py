"""What several unit tests judge with, and how hypothesis looks for examples."""

import hypothesis
import pytest

from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.tokens import Tokenizer
from tests.unit.incident_story import Told

# No deadline: a busy machine is no bug. No database: nothing is left behind in the checkout.
hypothesis.settings.register_profile("sekisho", deadline=None, database=None)
hypothesis.settings.load_profile("sekisho")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """MeCab with IPADIC."""
    return Tokenizer()


@pytest.fixture(scope="session")
def featurizer(tokenizer: Tokenizer) -> Featurizer:
    """All features of a new model."""
    return Featurizer(DEFAULT_FEATURES, tokenizer)


@pytest.fixture
def told() -> Told:
    """What was told of a table so far: nothing."""
    return Told()
