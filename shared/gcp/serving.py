"""What judges now: the moderation in force, the detector it names, and that detector's thresholds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.errors import BadModel, ModelMissing
from shared.gcp.config_files import read_text, read_yaml
from shared.gcp.model_store import ModelStore
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, read_banned_words
from shared.spam.detectors.bayes import BayesDetector
from shared.spam.features import Featurizer
from shared.spam.judging import Detector, Thresholds
from shared.spam.moderation import Moderation
from shared.spam.tokens import Tokenizer

if TYPE_CHECKING:
    from google.cloud.storage import Client

FRESH_FOR = timedelta(minutes=1)
"""How long an instance goes on with what it read: a switch to shadow is in force everywhere by then."""


@dataclass(frozen=True)
class InForce:
    """Who judges, from which score on, and how far its verdicts may go."""

    moderation: Moderation
    detector: Detector
    thresholds: Thresholds


class Serving:
    """Reads what is in force, at most once a minute; a model's weights only when the version changes."""

    def __init__(
        self,
        moderation: str,
        banned_words: Callable[[], str],
        models: ModelStore,
        storage: "Callable[[], Client]",
        tokenizer: Callable[[], Tokenizer],
    ) -> None:
        self._moderation = moderation
        self._banned_words = banned_words
        self._models = models
        self._storage = storage
        self._tokenizer = tokenizer
        self._read_at: datetime | None = None
        self._in_force: InForce | None = None
        self._bayes: tuple[BayesDetector, Thresholds] | None = None
        self._lock = threading.Lock()

    def in_force(self, now: datetime) -> InForce:
        """What is in force. Raises ModelMissing, BadModel, ConfigError or StorageUnavailable."""
        with self._lock:
            if self._in_force is None or self._read_at is None or abs(now - self._read_at) >= FRESH_FOR:
                moderation = Moderation.parse(*read_yaml(self._moderation, self._storage))
                detector, thresholds = self._detector(moderation.detector)
                self._in_force, self._read_at = InForce(moderation, detector, thresholds), now
            return self._in_force

    def _detector(self, name: str) -> tuple[Detector, Thresholds]:
        if name == BannedWords.name:
            location = self._banned_words()
            return BannedWords(read_banned_words(read_text(location, self._storage), location)), ANY_HIT
        current = self._models.current()
        version = current.version
        if current.damage:
            raise BadModel(current.damage)
        if version is None:
            raise ModelMissing("expected a model in service, came none yet: run train_spam_model first")
        if self._bayes is None or self._bayes[0].version != version:
            model = self._models.load(version)
            featurizer = Featurizer(model.bayes.features, self._tokenizer())
            self._bayes = BayesDetector(model.bayes, model.version, featurizer), model.thresholds
        return self._bayes
