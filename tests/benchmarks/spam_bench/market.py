"""Posts of a market whose vocabulary grows as that of real ones does.

The sample's posts are made of some 3,000 different words, however many posts there are. In real text new
words never end: names of shops and products, places, part numbers. Heaps' law (V = K * n**b) fitted to this
project's real sets gives 100,000 posts of 90 words 50,000 (moral_ja), 86,000 (job_scams_en), 136,000 (sms_en)
or 184,000 (lingspam_en) different ones. So every post here names two things: half of the time one that nobody
named before, else one that was named before, the likelier the more often (H. Simon, "On a class of skew
distribution functions", 1955). That makes some 100,000 words of 100,000 posts.
"""

from dataclasses import replace
from random import Random

from shared.spam.labels import LabelledPost
from tests.benchmarks.spam_bench.corpora import sample_days

NAMED_IN_A_POST, NEW = 2, 0.5
_SYLLABLES = "アイウエカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロ"


def market_posts(number: int) -> list[LabelledPost]:
    """So many labelled sample posts, oldest first, each with names of its own."""
    days = max(1, min(60, number // 100))
    labelled = [one for day in sample_days(days, -(-number // days)) for one in day][:number]
    dice, named = Random("names"), list[str]()
    return [
        replace(one, post=replace(one.post, body=f"<p>{_naming(named, dice)}</p>{one.post.body}"))
        for one in labelled
    ]


def _naming(named: list[str], dice: Random) -> str:
    for _ in range(NAMED_IN_A_POST):
        is_new = not named or dice.random() < NEW
        named.append(_name(dice) if is_new else dice.choice(named))
    return f"取り扱いは{'、'.join(named[-NAMED_IN_A_POST:])}です。"


def _name(dice: Random) -> str:
    """A name as shops and products have them: of four to six syllables, which MeCab knows as one word."""
    return "".join(dice.choices(_SYLLABLES, k=dice.randint(4, 6)))
