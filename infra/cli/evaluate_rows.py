"""What `sekisho evaluate` examines: the rows of its files, and which of them teach which others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import Progress

from infra.cli.posts_csv import UNDATED, read_labelled
from shared.errors import TrainingRefused
from shared.spam.arena import folds
from shared.spam.arena.contest import Aim, Round, rounds_of
from shared.spam.arena.near_duplicates import groups_of_copies
from shared.spam.judging import too_long
from shared.spam.labels import LabelledPost


@dataclass(frozen=True)
class Arena:
    """The posts of a contest, and which of them teach and examine."""

    posts: Sequence[LabelledPost]
    rounds: Sequence[Round]
    is_dated: bool
    base_rate: float
    rows: Mapping[str, Any]


def gather(files: Sequence[Path], aim: Aim, features: Sequence[str], progress: Progress) -> Arena:
    """The posts of one file or, of two, those that teach and those that examine. Raises TrainingRefused."""
    read = [read_labelled(file) for file in files]
    kept = [[one for one in part if not too_long(one.post)] for part in read]
    posts = [one for part in kept for one in part]
    is_dated = bool(kept[0]) and kept[0][0].post.posted_at != UNDATED
    bar = progress.add_task("looking for copies", total=len(posts))
    for file, part, all_of_it in zip(files, kept, read, strict=True):
        long = len(all_of_it) - len(part)
        left_out = f"left out: {long} too long to judge" if long else ""
        folds.refuse_few([one.is_violation for one in part], str(file), left_out)
    groups = groups_of_copies(progress.track((one.post for one in posts), task_id=bar))
    answers = [one.is_violation for one in posts]
    try:
        if len(files) == 2:
            protocol = "train_test"
            parts = [folds.examination(len(kept[0]), groups, answers)]
        elif is_dated:
            protocol = "time_order"
            parts = folds.time_blocks([one.post.posted_at for one in posts], groups, answers)
        else:
            protocol, parts = "grouped_folds", folds.grouped_folds(groups, answers)
    except TrainingRefused as error:
        raise TrainingRefused(f"{' and '.join(map(str, files))}: {error}") from error
    examined = [answers[place] for part in parts for place in part.examined]
    base_rate = aim.base_rate or sum(examined) / len(examined)
    rows = {
        "protocol": protocol,
        "posts": len(posts),
        "violations": sum(answers),
        "groups": len(set(groups)),
        "folds": len(parts),
        "examined": len(examined),
        "examined_violations": sum(examined),
        "copies_left_out": sum(part.copies for part in parts),
        "too_long": sum(map(len, read)) - len(posts),
        "base_rate": round(base_rate, 6),
        "base_rate_source": "given" if aim.base_rate else "examined rows",
        "min_precision": aim.min_precision,
        "features": list(features),
    }
    return Arena(posts, rounds_of(parts, posts, groups, is_dated=is_dated), is_dated, base_rate, rows)


def told(rows: Mapping[str, Any]) -> str:
    """The rows in a sentence: how they are split, and what was left out."""
    how = {
        "time_order": "in time order: {folds} blocks, each examined by all that is older",
        "grouped_folds": "in {folds} folds, near-duplicates together",
        "train_test": "of the test file, taught by the train file",
    }[rows["protocol"]].format(**rows)
    if rows["protocol"] != "grouped_folds":  # where copies teach together and are examined together
        of = rows["copies_left_out"] + rows["examined"]
        how += f"; {rows['copies_left_out']:,} of {of:,} left out as near-copies of posts that teach"
    too_long = f"; left out: {rows['too_long']:,} too long to judge" if rows["too_long"] else ""
    return (
        f"{rows['examined']:,} posts examined {how} ({rows['posts']:,} posts of {rows['groups']:,} texts"
        f"{too_long})"
    )


def work(rounds: Sequence[Round]) -> int:
    """Posts learnt from and judged in all rounds, for a progress bar."""
    folds = [fold for one in rounds for fold in (one.fold, *one.inner)]
    return sum(len(fold.taught) + len(fold.examined) for fold in folds)
