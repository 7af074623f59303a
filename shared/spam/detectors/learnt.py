"""Learnt filters as detectors: a post becomes tokens, and the filter says what they speak for."""

from collections.abc import Mapping, Sequence

from shared.spam.features import Featurizer
from shared.spam.judging import Judgement
from shared.spam.model import Model
from shared.spam.posts import Post
from shared.spam.reasons import reasons
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Action, Place


class LearntDetector:
    """Judges posts with a stored model, of whichever kind. Its verdicts may take down.

    Raises BadModel where the model was learnt from features that are not known here.
    """

    strongest_action = Action.TAKE_DOWN

    def __init__(self, model: Model, tokenizer: Tokenizer) -> None:
        self.name = model.filter.name
        self.version = model.version
        self._filter = model.filter
        self._featurizer = Featurizer(model.filter.features, tokenizer)
        self._tokenizer = tokenizer

    def judge(self, post: Post) -> Judgement:
        """The probability that `post` violates, the likeliest class, and the tokens that decided.

        Where nothing in a post spoke, no more than a person may act on it.
        """
        tokens = self._featurizer.tokens(post)
        ids = tokens.ids()
        opinion = self._filter.opinion(ids)
        found = reasons(tokens, opinion.shares(), ids.named)
        return Judgement(
            score=opinion.score,
            violation_class=opinion.violation_class,
            reasons=found,
            note="" if found else "no words to judge by",
            strongest_action=Action.TAKE_DOWN if found else Action.REVIEW,
        )

    def places(self, post: Post, tokens: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        """Where in the readable text of `post` its reasons stand."""
        from shared.spam.whereabouts import whereabouts  # noqa: PLC0415 - the first verdict waits for no more

        return whereabouts(post, tokens, self._tokenizer)
