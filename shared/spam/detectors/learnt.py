"""Learnt filters as detectors: a post becomes tokens, and the filter says what they speak for."""

from collections.abc import Callable, Mapping, Sequence

from shared.spam.detectors.bayes import Bayes
from shared.spam.features import Featurizer, Reading, TokenIds, Tokens, read
from shared.spam.first_look import NOTE, must_be_read
from shared.spam.judging import Judgement
from shared.spam.labels import UNCLASSIFIED
from shared.spam.model import Model
from shared.spam.packing import Filter
from shared.spam.posts import Post
from shared.spam.reasons import named_reasons, reasons
from shared.spam.seen import Seen, seen
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
        # The filter, what makes tokens of a post, and what makes ids of tokens.
        self._learnt: tuple[Filter, Featurizer, Callable[[Tokens], TokenIds]] = (
            model.filter,
            Featurizer(model.filter.features, tokenizer),
            Tokens.ids,
        )
        self._tokenizer = tokenizer
        self._judged = 0
        self._last: tuple[Post, Seen, Reading] | None = None  # a post is judged, and then explained

    def judge(self, post: Post) -> Judgement:
        """The probability that `post` violates, the likeliest class, and the tokens that decided.

        Where nothing in a post spoke, no more than a person may act on it. A post whose characters leave no
        doubt that it is ordinary (first_look.py) is left alone, for no other reason.
        """
        self._judged = judged = self._judged + 1
        if judged == FEW:
            self._go_on_at_once()
        learnt, featurizer, ids_of = self._learnt
        as_seen = seen(post)
        tokens = featurizer.at_first(as_seen.title, as_seen.body)
        if (score := _at_first(learnt, tokens, as_seen, post)) is not None:
            return Judgement(score, UNCLASSIFIED, (), NOTE, Action.LEAVE)
        reading = read(post, self._tokenizer, as_seen)
        self._last = post, as_seen, reading
        tokens = featurizer.with_named(tokens, reading)
        opinion = learnt.opinion(ids_of(tokens))
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
        learnt, featurizer, _ = self._learnt
        self._learnt = (
            learnt.with_weights(at_once.WeightArrays.of),
            featurizer.with_sequences(at_once.characters),
            at_once.token_ids,
        )

    def places(self, post: Post, tokens: Sequence[str]) -> Mapping[str, Sequence[Place]]:
        """Where in the readable text of `post` its reasons stand."""
        from shared.spam.whereabouts import whereabouts  # noqa: PLC0415 - the first verdict waits for no more

        return whereabouts(*self._read(post), tokens, self._tokenizer)

    def as_seen(self, post: Post) -> Seen:
        """`post` as its reader sees it: that is where the places are."""
        return self._read(post)[0]

    def _read(self, post: Post) -> tuple[Seen, Reading]:
        last = self._last
        if last is None or last[0] is not post:
            as_seen = seen(post)
            self._last = last = post, as_seen, read(post, self._tokenizer, as_seen)
        return last[1:]


def _at_first(learnt: Filter, tokens: Tokens, as_seen: Seen, post: Post) -> float | None:
    """The probability of a violation where a first look is enough."""
    if not isinstance(learnt, Bayes) or (look := learnt.first_look) is None:
        return None
    raw, known = learnt.at_first(tokens.buckets)
    if not look.is_enough(raw, known) or must_be_read(as_seen.shown_title, as_seen.shown_body, post.body):
        return None
    return learnt.calibration.probability(look.expected(raw))
