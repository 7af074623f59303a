"""Drafts: what an author wants to say in a post, before it becomes HTML.

A violating post is an ordinary one (its cover) with lures put between the lines: the sentences that
break a rule. Most of its words are those of ordinary posts, and most authors avoid the words everybody
bans. Some ordinary posts hold tempting words: a legitimate job about affiliate articles, a promise that
nobody will be asked for a review.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from infra.local.sample.phrases import Job, Phrases, Violation, Wave
from infra.local.sample.voices import Voice

PERIOD_DAYS = 75
"""Over this many days the shares of the classes go from their first to their last figure."""
LURE_SLOTS_KEPT = frozenset(("place", "goods", "spot", "sale", "handle", "line", "mail"))
"""What all the lures of one post speak of."""
WAVE_RISE_DAYS = 5.0
WAVE_FADE_DAYS = 8.0
LURES = ((1, 0.20), (2, 0.28), (3, 0.27), (4, 0.16), (6, 0.09))
"""How many lures a violating post holds, and how often: the fewer, the harder to find."""
TEMPTING_SHARE = 0.14
"""Ordinary posts with tempting words."""
LOOKALIKES = (0, 0, 0, 1, 1, 2, 3)
"""How many lines of a post speak of harmless things in the words of lures."""
BLATANT_SHARE = 0.14
"""Lures that use the words everybody bans."""
WAVE_SHARE = 0.5
"""Lures in the wording of the season, while there is one."""
LURING_TITLE_SHARE = 0.45
"""Violating posts whose title already lures; the others have the title of their cover."""


@dataclass(frozen=True)
class Section:
    """A part of a post under one heading (which may be empty); `lures` come after the first line."""

    heading: str
    lines: tuple[str, ...]
    lures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What a post says. `violation_class` is empty for an ordinary one, which has no lures."""

    category: str
    violation_class: str
    title: str
    cover_title: str
    sections: tuple[Section, ...]

    def without_lures(self) -> "Draft":
        """The same post in order again."""
        sections = tuple(replace(section, lures=()) for section in self.sections)
        return replace(self, violation_class="", title=self.cover_title, sections=sections)

    def with_note(self, note: str) -> "Draft":
        """The same post with a note at its end."""
        return replace(self, sections=(*self.sections, Section("", (note,))))


def ordinary_draft(phrases: Phrases, category: str, dice: Random) -> Draft:
    """An ordinary post of `category`, some of them with tempting words."""
    job = phrases.jobs[category]
    voice = Voice(job.slots, job.same, dice)
    tempting = dice.random() < TEMPTING_SHARE
    about_it = tempting and bool(job.tempting_intros) and dice.random() < 0.6
    titles = job.tempting_titles if about_it and job.tempting_titles and dice.random() < 0.5 else job.titles
    intros = job.tempting_intros if about_it else job.intros
    title = voice.say_one(titles)
    sections = _sections(
        voice, job, intros, tasks=2 + int(3 * dice.random()), appeals=int(3.2 * dice.random())
    )
    if tempting and not about_it:
        sections.append(Section("", (voice.say_one(job.slots["tempting"]),)))
    return Draft(category, "", title, title, tuple(sections))


def violating_draft(phrases: Phrases, violation: Violation, days_ago: float, dice: Random) -> Draft:
    """A post that breaks a rule, in the wording of `days_ago` days before the sample's end."""
    job = phrases.jobs[violation.covers[int(len(violation.covers) * dice.random())]]
    voice = Voice(job.slots, job.same, dice)
    count = _draw_count(dice)
    title = voice.say_one(job.titles)
    tasks = max(0, 3 - count // 2) if dice.random() < 0.7 else 3
    appeals = 1 + int(3 * dice.random())
    draft = Draft(job.name, "", title, title, tuple(_sections(voice, job, job.intros, tasks, appeals)))
    return add_lures(draft, violation, days_ago, dice, count)


def add_lures(
    draft: Draft, violation: Violation, days_ago: float, dice: Random, count: int | None = None
) -> Draft:
    """`draft` with lures of `violation` put between its lines, and perhaps a luring title."""
    voice = Voice(violation.slots, LURE_SLOTS_KEPT, dice)
    waves = [wave for wave in violation.waves if dice.random() < wave_strength(wave, days_ago)]
    title = draft.title
    if dice.random() < LURING_TITLE_SHARE:
        of_the_season = bool(waves) and dice.random() < 0.4
        title = voice.say_one(voice.pick(waves).titles if of_the_season else violation.titles)
    at: dict[int, list[str]] = {}
    for sentence in _draw_lures(violation, waves, count or _draw_count(dice), dice):
        at.setdefault(int(len(draft.sections) * dice.random()), []).append(voice.say(sentence))
    sections = tuple(
        replace(section, lures=(*section.lures, *at.get(index, ())))
        for index, section in enumerate(draft.sections)
    )
    return replace(draft, violation_class=violation.name, title=title, sections=sections)


def repeated(draft: Draft, phrases: Phrases, dice: Random) -> Draft:
    """`draft` as its author puts it up once more: the same text, another term and another pay."""
    job = phrases.jobs[draft.category]
    voice = Voice(job.slots, job.same, dice)
    sections = list(draft.sections)
    where = int(len(sections) * dice.random())
    changed = sections[where]
    sections[where] = replace(changed, lines=(*changed.lines[:-1], voice.say_one(job.slots["terms"])))
    return replace(draft, sections=(*sections, Section("", (voice.say_one(job.slots["pay"]),))))


def wave_strength(wave: Wave, days_ago: float) -> float:
    """How much of the season's wording is in use, 0-1: it comes up within days and wanes more slowly."""
    if days_ago > wave.rises:
        return 0.0
    risen = min(1.0, (wave.rises - days_ago) / WAVE_RISE_DAYS)
    faded = max(0.0, (wave.fades - days_ago) / WAVE_FADE_DAYS)
    return max(0.0, risen - faded)


def draw_violation(phrases: Phrases, days_ago: float, dice: Random) -> Violation:
    """A violation class, by the shares of that day."""
    progress = min(1.0, max(0.0, 1 - days_ago / PERIOD_DAYS))
    violations = list(phrases.violations.values())
    weights = [first + (last - first) * progress for first, last in (each.share for each in violations)]
    return dice.choices(violations, weights)[0]


def _draw_count(dice: Random) -> int:
    return dice.choices([count for count, _ in LURES], [weight for _, weight in LURES])[0]


def _draw_lures(violation: Violation, waves: Sequence[Wave], count: int, dice: Random) -> list[str]:
    drawn: dict[str, None] = {}
    for _ in range(count):
        pool = violation.lures
        if dice.random() < BLATANT_SHARE:
            pool = violation.blatant
        elif waves and dice.random() < WAVE_SHARE:
            pool = waves[int(len(waves) * dice.random())].lures
        drawn[pool[int(len(pool) * dice.random())]] = None
    return list(drawn)


def _sections(voice: Voice, job: Job, intros: Sequence[str], tasks: int, appeals: int) -> list[Section]:
    dice, slots = voice.dice, job.slots
    opening = [voice.fill("hello")] if dice.random() < 0.55 else []
    if dice.random() < 0.5:
        opening.append(voice.fill("company_line"))
    opening += voice.say_some(intros, 1 + (dice.random() < 0.3))
    middle = [
        Section(voice.fill(f"heading_{name}"), tuple(voice.say_some(sentences, count)))
        for name, sentences, count in (
            ("work", job.tasks, tasks),
            ("skills", slots["skills"], int(4 * dice.random())),
            ("pay", slots["pay"], int(3 * dice.random())),
            ("terms", slots["terms"], int(4 * dice.random())),
        )
        if count
    ]
    if dice.random() < 0.3:
        dice.shuffle(middle)
    sections = [Section("", tuple(opening)), *middle]
    if appeals:
        appeal = Section("", tuple(voice.say_some(slots["appeal"], appeals)))
        sections.insert(1 + int(len(middle) * dice.random()), appeal)
    ending = voice.say_some(slots["apply"], int(3 * dice.random()))
    if dice.random() < 0.7:
        ending.append(voice.fill("closing"))
    if ending:
        sections.append(Section(voice.fill("heading_apply") if dice.random() < 0.4 else "", tuple(ending)))
    for line in voice.say_some(slots["lookalike"], dice.choice(LOOKALIKES)):
        where = int(len(sections) * dice.random())
        sections[where] = replace(sections[where], lines=(*sections[where].lines, line))
    return sections
