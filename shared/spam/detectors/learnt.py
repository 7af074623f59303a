"""Learnt filters as detectors: a post becomes tokens, and the filter says what they speak for."""

from collections.abc import Mapping, Sequence

from shared.spam.features import Featurizer
from shared.spam.judging import Judgement
from shared.spam.model import Model
from shared.spam.posts import Post
from shared.spam.reasons import named_reasons, reasons
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Action, Place

FEW = 100
"""Verdicts after which numpy pays: loading it takes as long as it saves in some 400 of them."""


class LearntDetector:
    """Judges posts with a stored model, of whichever kind. Its verdicts may take down.

    Raises BadModel where the model was learnt from features that are not known here.
    """

    strongest_action = Action.TAKE_DOWN

    def __init__(self, model: Model, tokenizer: Tokenizer) -> None:
        self.name = model.filter.name
        self.version = model.version
        self._learnt = model.filter, Featurizer(model.filter.features, tokenizer)
        self._tokenizer = tokenizer
        self._judged = 0

    def judge(self, post: Post) -> Judgement:
        """The probability that `post` violates, the likeliest class, and the tokens that decided.

        Where nothing in a post spoke, no more than a person may act on it.
        """
        self._judged = judged = self._judged + 1
        if judged == FEW:
            self._go_on_at_once()
        learnt, featurizer = self._learnt
        tokens = featurizer.tokens(post)
        opinion = learnt.opinion(tokens.ids())
        found = named_reasons(tokens, opinion.named_shares()) or reasons(tokens, opinion.shares())
        return Judgement(
            score=opinion.score,
            violation_class=opinion.violation_class,
            reasons=found,
            note="" if found else "no words to judge by",
            strongest_action=Action.TAKE_DOWN if found else Action.REVIEW,
        )

    def _go_on_at_once(self) -> None:
        """Judge the same, only faster: who has judged some posts will judge many. Not where numpy is not."""
        try:
            from shared.spam import at_once  # noqa: PLC0415 - a first verdict waits for no more than it needs
        except ImportError:
            return
        learnt, featurizer = self._learnt
        self._learnt = (
            learnt.with_weights(at_once.WeightArrays.of),
            featurizer.with_sequences(at_once.characters),
        )

    def places(self, post: Post, tokens: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        """Where in the readable text of `post` its reasons stand."""
        from shared.spam.whereabouts import whereabouts  # noqa: PLC0415 - the first verdict waits for no more

        return whereabouts(post, tokens, self._tokenizer)
