"""The gate between a trained filter and service: why one is refused. Each check raises TrainingRefused."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from shared.errors import BadModel, TrainingRefused
from shared.spam import figures
from shared.spam.batches import read_all
from shared.spam.counts import parts_of
from shared.spam.evidence import Example, TrainingRules, Window
from shared.spam.features import Featurizer
from shared.spam.model import Model
from shared.spam.packing import Filter


def refuse_older(window: Window, serving: Model | None) -> None:
    """Refuses a window that ends before the serving model's: that one learnt from later days."""
    days = serving.manifest.get("window") if serving else None
    if serving and days and date.fromisoformat(str(days["end"])) > window.end:
        raise TrainingRefused(
            f"older than the serving model {serving.version}: expected a window that ends on or after "
            f"{days['end']}, came {window.end}"
        )


class Answered(Protocol):
    """Anything a person answered on."""

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""


def refuse_few(examples: Sequence[Answered], fewest: int, where: str) -> None:
    """Refuses fewer than `fewest` posts of either kind; `where` they are too few, for the message."""
    violations = sum(one.is_violation for one in examples)
    for kind, count in (("violation", violations), ("ok", len(examples) - violations)):
        if count < fewest:
            raise TrainingRefused(
                f"too few labels: expected at least {fewest} posts labelled {kind} {where}, came {count}"
            )


def refuse_chance(points: Sequence[figures.Point], rules: TrainingRules) -> None:
    """Refuses a filter that ranks violations no better than a coin would."""
    surety = figures.better_than_chance(points)
    if surety < rules.surest_chance:
        raise TrainingRefused(
            "degenerate: expected violations ranked above other held-out posts by more than chance "
            f"({rules.surest_chance:g} standard deviations), came {surety:.1f}"
        )


def refuse_worse(
    examined: Filter,
    serving: Model,
    held_out: Sequence[Example],
    featurizer: Featurizer,
    base_rate: float,
    rules: TrainingRules,
) -> Mapping[str, Any]:
    """Both filters on the held-out posts neither has seen. Raises TrainingRefused if the new one is worse."""
    seen_until = datetime.fromisoformat(str(serving.manifest["held_out_from"]))
    unseen = [one for one in held_out if one.labelled.post.revised_at >= seen_until]
    violations = sum(one.is_violation for one in unseen)
    if min(violations, len(unseen) - violations) < rules.fewest_held_out:
        return {"version": serving.version, "compared": False, "unseen": len(unseen)}
    try:
        its = featurizer.named(serving.filter.features)
    except BadModel as error:  # of features this code no longer has
        return {"version": serving.version, "compared": False, "unseen": len(unseen), "why": str(error)}
    posts = [one.labelled.post for one in unseen]
    old, new = (
        _average_precision(unseen, scores, base_rate)
        for scores in (
            [serving.filter.raw_score(parts_of(ids)) for _, ids in read_all(posts, its)],
            [examined.raw_score(one.tokens) for one in unseen],
        )
    )
    if new < old - rules.margin:
        raise TrainingRefused(
            f"worse than the serving model {serving.version}: expected an average precision of at least "
            f"{old:.3f} - {rules.margin:g} on the {len(unseen)} posts neither has seen, came {new:.3f}"
        )
    return {
        "version": serving.version,
        "compared": True,
        "unseen": len(unseen),
        "average_precision": round(old, 4),
        "new_average_precision": round(new, 4),
    }


def refuse_challenger(
    challenger: Filter, champion: Filter, held_out: Sequence[Example], base_rate: float
) -> Mapping[str, Any]:
    """Both filters on the held-out posts. Raises TrainingRefused where the challenger is the worse one."""
    ours, theirs = (
        _average_precision(held_out, [one.raw_score(example.tokens) for example in held_out], base_rate)
        for one in (challenger, champion)
    )
    if ours < theirs:
        raise TrainingRefused(
            f"no better than {champion.name}: expected an average precision of at least {theirs:.4f} on the "
            f"{len(held_out)} held-out posts, came {ours:.4f}"
        )
    return {
        "name": champion.name,
        "average_precision": round(theirs, 4),
        "new_average_precision": round(ours, 4),
    }


def _average_precision(examples: Sequence[Example], scores: Sequence[float], base_rate: float) -> float:
    scored = [
        figures.Scored(score, one.is_violation, one.weight)
        for one, score in zip(examples, scores, strict=True)
    ]
    return figures.average_precision(figures.curve(scored, base_rate))
