"""Copies of a text are found whatever their ids, tags, numbers and decorations; other texts stay apart."""

from collections.abc import Sequence
from random import Random

import pytest

from infra.cli.posts_csv import UNDATED
from shared.spam.arena import near_duplicates
from shared.spam.arena.near_duplicates import ALIKE, SHINGLE, groups_of_copies
from shared.spam.posts import Post

LURE = "スマホだけで誰でも簡単に稼げる副業。月収30万円も可能なのでLINEで今すぐご連絡ください。先着10名。"
WORDS = [
    f"{first}{last}" for first in "kbmrtnsg" for last in ("ano", "eru", "ito", "ulo", "ape", "ori", "uda")
]


def post(body: str, title: str = "", post_id: str = "p") -> Post:
    return Post(post_id, 1, UNDATED, UNDATED, title, body)


def groups(*bodies: str) -> list[int]:
    return groups_of_copies([post(body) for body in bodies])


def sentence(random: Random, words: int = 60) -> list[str]:
    return [random.choice(WORDS) for _ in range(words)]


def alike(one: str, other: str) -> float:
    """The Jaccard index, the plain way."""
    first, second = (
        {text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)} for text in (one, other)
    )
    return len(first & second) / len(first | second)


@pytest.mark.parametrize(
    "copy",
    [
        LURE,
        f"<p>{LURE.replace('。', '。</p><p>')}</p>",
        LURE.replace("30万円", "120万円").replace("10名", "3名"),
        f"★☆★{LURE}★☆★!!!",
        LURE.replace("LINE", "ＬＩＮＥ"),
        LURE.replace("稼げる", "稼\u200bげ\u200bる"),
        LURE.replace("簡単に", "楽に"),
        LURE + "詳細はこちら",
    ],
    ids=[
        "same",
        "tags",
        "numbers",
        "decorations",
        "full width",
        "unseen characters",
        "a word",
        "a line more",
    ],
)
def test_a_copy_is_known_however_it_is_dressed(copy: str) -> None:
    assert groups(LURE, "データ入力のお仕事です。在宅で作業できます。未経験の方も歓迎します。", copy) == [
        0,
        1,
        0,
    ]


def test_ids_mean_nothing_and_a_title_is_part_of_the_text() -> None:
    titles = "経験者を求む。東京の飲食店で接客する方", "自宅で動画の編集。月に四本の納品です"
    rows = [post("詳しくはこちら", title, f"job-1-{number}") for number, title in enumerate(titles)]
    assert groups_of_copies(rows) == [0, 1]
    assert groups_of_copies([post(LURE, post_id="a"), post(LURE, post_id="b")]) == [0, 0]


def test_a_chain_of_copies_is_one_group() -> None:
    random = Random(1)
    words = sentence(random)
    chain = [" ".join(words)]
    for step in range(6):
        words[step * 10 : step * 10 + 10] = sentence(random, 10)
        chain.append(" ".join(words))
    assert alike(chain[0], chain[-1]) < 0.3
    assert groups(*reversed(chain)) == [0] * len(chain)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([], []),
        ([""], [0]),
        (["", "  ", "★", LURE], [0, 0, 0, 1]),
        (["a", "b", "a"], [0, 1, 0]),
        (["abcde", "abcd", "abcdf"], [0, 1, 2]),
        (["12", "345"], [0, 0]),
        (["x" * 200_000, "y" * 200_000], [0, 1]),
    ],
)
def test_texts_of_no_length_and_of_any(bodies: Sequence[str], expected: Sequence[int]) -> None:
    assert groups(*bodies) == expected


def test_pairs_well_above_the_limit_are_joined_and_pairs_well_below_are_not() -> None:
    random, joined, parted = Random(2), [], []
    for _ in range(300):
        words = sentence(random)
        other = list(words)
        changed = random.randrange(0, 50)
        start = random.randrange(len(words) - changed)
        other[start : start + changed] = sentence(random, changed)
        one, two = ("".join(text) for text in (words, other))
        likeness = alike(one, two)
        together = len(set(groups(one, two))) == 1
        if likeness > ALIKE + 0.15:
            joined.append(together)
        elif likeness < ALIKE - 0.15:
            parted.append(not together)
    assert min(len(joined), len(parted)) > 50
    assert sum(joined) >= 0.98 * len(joined)
    assert sum(parted) >= 0.98 * len(parted)


def test_groups_do_not_depend_on_what_else_is_in_the_file_nor_on_the_order() -> None:
    random = Random(3)
    bodies = [" ".join(sentence(random)) for _ in range(50)]
    copies = [f"{body} and one more word {number}" for number, body in enumerate(bodies)]
    mixed = [*bodies, *copies]
    random.shuffle(mixed)
    found = groups(*mixed)
    assert len(set(found)) == 50
    for body, copy in zip(bodies, copies, strict=True):
        assert found[mixed.index(body)] == found[mixed.index(copy)]
    assert list(dict.fromkeys(found)) == list(range(50)), "numbered as they come"


def test_a_text_of_which_there_are_thousands_costs_no_square(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    join = near_duplicates._Groups.join

    def counted(self: near_duplicates._Groups, one: int, other: int) -> None:
        nonlocal compared
        compared += 1
        join(self, one, other)

    monkeypatch.setattr(near_duplicates._Groups, "join", counted)
    bodies = [f"{LURE}{WORDS[number % 56]}{WORDS[number // 56]}" for number in range(2_000)]
    assert set(groups(*bodies)) == {0}
    assert compared <= 2 * near_duplicates.BANDS * len(bodies)
