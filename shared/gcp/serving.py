"""What judges now: the moderation in force, the detector it names, and that detector's thresholds.

A model that can't be opened must not stop the checkpoint: an instance that has one goes on with it, a new
instance takes the version that served before. Both are told as errors, once a minute as long as it lasts,
and verdicts carry the version that really judged. Without any good one nothing is judged.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.errors import BadModel, ModelMissing, SekishoError
from shared.gcp.config_files import read_text, read_yaml
from shared.gcp.model_store import Current, ModelStore
from shared.logs import logger
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, read_banned_words
from shared.spam.detectors.learnt import LearntDetector
from shared.spam.judging import Detector, Thresholds
from shared.spam.moderation import Moderation
from shared.spam.tokens import Tokenizer

if TYPE_CHECKING:
    from google.cloud.storage import Client

FRESH_FOR = timedelta(minutes=1)
"""How long an instance goes on with what it read: a switch to shadow is in force everywhere by then."""
log = logger("serving")


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
        self._learnt: tuple[LearntDetector, Thresholds] | None = None
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
        if self._learnt is not None and self._learnt[0].name != name:
            self._learnt = None  # another detector is no stand-in for the one that was asked for
        models = self._models.of(name)
        current = models.current()
        try:
            self._learnt = self._opened(models, current)
        except (ModelMissing, BadModel) as error:
            self._learnt = self._instead(models, current, error)
        return self._learnt

    def _opened(self, models: ModelStore, current: Current) -> tuple[LearntDetector, Thresholds]:
        """What `current` names. Raises ModelMissing or BadModel."""
        if current.damage:
            raise BadModel(current.damage)
        if current.version is None:
            raise ModelMissing(
                f"expected a {models.detector} model in service, came none yet: run train_spam_model first; "
                f"what became of its trainings is in model_reports, WHERE detector = '{models.detector}'"
            )
        return self._detecting(models, current.version)

    def _instead(
        self, models: ModelStore, current: Current, error: SekishoError
    ) -> tuple[LearntDetector, Thresholds]:
        """The last good model, where the current one can't be opened for `error`; which else is raised."""
        found = self._learnt
        if found is None and current.previous is not None:
            try:
                found = self._detecting(models, current.previous)
            except (ModelMissing, BadModel) as worse:
                raise type(error)(f"{error}; nor can the version before serve: {worse}") from worse
        if found is None:
            raise error
        facts = {"wanted": current.version, "model_version": found[0].version, "error": str(error)}
        log.error("the last good model serves: the current one can't be opened", extra={"facts": facts})
        return found

    def _detecting(self, models: ModelStore, version: str) -> tuple[LearntDetector, Thresholds]:
        """The detector of one version, opened once. Raises ModelMissing or BadModel."""
        if self._learnt is not None and self._learnt[0].version == version:
            return self._learnt
        model = models.load(version)
        return LearntDetector(model, self._tokenizer()), model.thresholds
