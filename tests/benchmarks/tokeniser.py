"""The tokeniser, side by side with the plain way of doing it, on the same posts in the same run.

The plain way: `parseToNode` of a tagger kept, features split, parts of speech compared by name. Posts are
sentences of a file joined to about 336 characters, as long as a job's description. Times are CPU time of this
process, interleaved: each way reads the same few posts in turn, of which the fastest of all rounds counts.
"By name" is what reads dictionaries of unknown make. Memory is the peak of a process of its own for each way;
pages of the mapped dictionary count, though all processes share them. Fails below the ratios asked for, or
where words differ on more than one post in a thousand.

    .venv/bin/python tests/benchmarks/tokeniser.py [POSTS.csv] [--rounds 12] [--posts 600]
"""

import argparse
import csv
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import MeCab
from rich.console import Console
from rich.table import Table

from infra import dictionary
from shared.spam.tokens import Tokenizer, stock_dictionary

DATA = Path(__file__).parents[3] / "shared/data/posts/moral_ja.csv"
CHARACTERS = 336
ASKED = {"stock": 1.30, "slim": 1.55}
IDENTICAL = 0.999
TURN = 50
KEPT = ("名詞", "動詞", "形容詞", "副詞")

type Way = Callable[[str], list[str]]


def plain_way() -> Way:
    """Content words in base form, the plain way."""
    tagger = MeCab.Tagger(f'-r /dev/null -d "{stock_dictionary()}"')

    def words(text: str) -> list[str]:
        node = tagger.parseToNode(text)
        found = []
        while node:
            feature = node.feature.split(",")
            if feature[0] in KEPT:
                found.append(feature[6] if len(feature) > 6 and feature[6] != "*" else node.surface)
            node = node.next
        return found

    return words


def way(name: str) -> Way:
    """The way of that name."""
    if name == "plain":
        return plain_way()
    folder = stock_dictionary() if name == "by name" else str(dictionary.build()) if name == "slim" else None
    return Tokenizer(folder).words


def joined(path: Path, most: int) -> list[str]:
    """At most so many posts of CHARACTERS or a little more, made of the file's sentences in order."""
    posts, text = [], ""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text += f"{row['title']}{row['body']}。"
            if len(text) >= CHARACTERS - 12:
                posts.append(text)
                text = ""
    return posts[:most]


def microseconds(ways: dict[str, Way], posts: Sequence[str], rounds: int) -> dict[str, float]:
    """CPU time a post, per way: each turn's fastest of all rounds."""
    turns = [posts[start : start + TURN] for start in range(0, len(posts), TURN)]
    fastest = {(name, turn): float("inf") for name in ways for turn in range(len(turns))}
    for _ in range(rounds):
        for turn, some in enumerate(turns):
            for name, words in ways.items():
                for post in turns[turn - 1]:  # else the first to read a dictionary after another one pays
                    words(post)
                start = time.process_time()
                for post in some:
                    words(post)
                fastest[name, turn] = min(fastest[name, turn], time.process_time() - start)
    return {name: sum(fastest[name, turn] for turn in range(len(turns))) / len(posts) * 1e6 for name in ways}


def peak_mb(name: str, path: Path, most: int) -> float:
    """The most memory a process holds that does nothing else, its share of mapped files included."""
    command = [sys.executable, __file__, str(path), "--posts", str(most), "--peak-of", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def own_peak_mb() -> float:
    """Not of getrusage, which starts at what the parent held."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024


def has_letter(word: str) -> bool:
    """Whether it is a word to Sekisho: the plain way counts symbols too."""
    return re.search(r"\w", word) is not None


def main() -> int:
    """Prints the table; 1 when a ratio is too small or words differ."""
    asked = argparse.ArgumentParser()
    asked.add_argument("path", nargs="?", type=Path, default=DATA)
    asked.add_argument("--rounds", type=int, default=12)
    asked.add_argument("--posts", type=int, default=600)
    asked.add_argument("--peak-of", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if not options.path.exists():
        print(f"tokeniser: not measured: {options.path} is not on this machine; name a file of posts")
        return 0
    posts = joined(options.path, options.posts)
    if options.peak_of:
        words = way(options.peak_of)
        for post in posts:
            words(post)
        print(own_peak_mb())
        return 0
    names = ["plain", "stock", "by name"]
    try:
        dictionary.build()
        names.append("slim")
    except dictionary.CannotBuild as error:
        print(f"slim: not measured: {error}")
    ways = {name: way(name) for name in names}
    wanted = [list(filter(has_letter, ways["plain"](post))) for post in posts]
    alike = {
        name: sum(
            list(filter(has_letter, words(post))) == one for post, one in zip(posts, wanted, strict=True)
        )
        / len(posts)
        for name, words in ways.items()
    }
    took = microseconds(ways, posts, options.rounds)
    table = Table(title=f"{len(posts)} posts of {sum(map(len, posts)) / len(posts):.0f} characters")
    for title in ("way", "µs a post", "posts/s", "ratio", "asked for", "identical", "peak MB"):
        table.add_column(title, justify="left" if title == "way" else "right")
    failed = False
    for name in names:
        ratio = took["plain"] / took[name]
        failed |= ratio < ASKED.get(name, 0) or alike[name] < IDENTICAL
        table.add_row(
            name,
            f"{took[name]:.0f}",
            f"{1e6 / took[name]:,.0f}",
            f"{ratio:.2f}",
            f"{ASKED[name]:.2f}" if name in ASKED else "",
            f"{alike[name]:.2%}",
            f"{peak_mb(name, options.path, options.posts):.0f}",
        )
    Console().print(table)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
