"""What several unit tests judge with."""

import pytest

from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.tokens import Tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """MeCab with IPADIC."""
    return Tokenizer()


@pytest.fixture(scope="session")
def featurizer(tokenizer: Tokenizer) -> Featurizer:
    """All features of a new model."""
    return Featurizer(DEFAULT_FEATURES, tokenizer)
