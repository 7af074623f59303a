"""Which features the learnt detectors of `sekisho evaluate` read: those of training or, for once, others."""

from collections.abc import Sequence

from shared.errors import ConfigError
from shared.spam.arena.contenders import LEARNT
from shared.spam.features import features_named, wrong_with


def features_read(asked: str | None, of_training: str, detectors: Sequence[str]) -> tuple[str, ...]:
    """The features that `detectors` learn from; none where none of them is learnt.

    `asked` is what --features says, `of_training` the setting SEKISHO_FEATURES, which stands without it.
    Raises ConfigError for names nobody knows, for none, and where no detector would read them.
    """
    is_read = any(name in LEARNT for name in detectors)
    if asked is None:
        return features_named(of_training, "SEKISHO_FEATURES") if is_read else ()
    if not is_read:
        learnt = " or ".join(LEARNT)
        raise ConfigError(f"--features: expected {learnt} among --detectors, came {', '.join(detectors)}")
    if not asked.strip():
        raise ConfigError(f"--features: {wrong_with(())}")
    return features_named(asked, "--features")
