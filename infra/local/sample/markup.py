"""Markup: how a draft becomes a title and an HTML body, with each author's habits, tricks and mistakes."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from infra.local.sample.drafts import Draft, Section
from infra.local.sample.tricks import play_trick

DISGUISED_SHARE = 0.18
"""Lures with a word hidden from word lists: spaced out, cut by tags or zero-width characters, half-width."""
EMPHASISED_SHARE = 0.06
"""Ordinary lines with markup or half-width kana in the middle, for no bad reason."""
BROKEN_SHARE = 0.05
"""Bodies with tags that never close, stray brackets and the like."""
CLUTTERED_SHARE = 0.08
"""Bodies with comments, styles or scripts left over from some editor."""

_BULLETS = ("■", "◆", "●", "▼", "★", "◎", "♪", "☆", "✅", "✨", "・", "※", "🌟", "▶")
_RULES = (
    "━━━━━━━━━━━━",
    "------------------",
    "＝＝＝＝＝＝＝＝",
    "☆★☆★☆★☆★",
    "〜〜〜〜〜〜〜〜",
    "◇◆◇◆◇◆",
    "・・・・・・・・",
)
_TAILS = ("!!", "!!!", "♪", "☆", "✨", "(^^)", "！", "★", "😊", "🙇‍♀️")
_AROUND = ("【{}】", "《{}》", "■{}", "◆◇{}◇◆", "＜{}＞", "[{}]", "▼{}▼", "━━{}━━", "●{}", "<{}>")


@dataclass(frozen=True)
class Habits:
    """How one author writes: the kind of HTML, and how decorated (0-1)."""

    layout: str
    decorated: float
    bullet: str
    rule: str
    around: str

    @classmethod
    def draw(cls, dice: Random) -> "Habits":
        """Some author's habits."""
        return cls(
            layout=dice.choice(list(_LAYOUTS)),
            decorated=dice.choice((0.0, 0.0, 0.15, 0.4, 0.8)),
            bullet=dice.choice(_BULLETS) if dice.random() < 0.4 else "",
            rule=dice.choice(_RULES),
            around=dice.choice(_AROUND),
        )


def write_post(draft: Draft, habits: Habits, dice: Random) -> tuple[str, str]:
    """Title and HTML body of `draft` in the hand of an author with these habits."""
    title = draft.title
    if dice.random() < habits.decorated:
        title = dice.choice(("【{}】", "★{}★", "{}♪", "☆{}", "{}!!", "≪急募≫{}", "◆{}◆")).format(title)
    sections = [_written(section, habits, dice) for section in draft.sections]
    body = _LAYOUTS[habits.layout](sections)
    if dice.random() < habits.decorated / 2:
        rule = html.escape(habits.rule)
        body = f"{rule}<br>{body}<br>{rule}"
    if dice.random() < CLUTTERED_SHARE:
        body = dice.choice(_CLUTTER).format(body=body)
    if dice.random() < BROKEN_SHARE:
        body = dice.choice(_BREAKS)(body)
    return title, body


def _written(section: Section, habits: Habits, dice: Random) -> Section:
    lines = [habits.bullet + _line(line, EMPHASISED_SHARE, habits, dice) for line in section.lines]
    lures = [habits.bullet + _line(line, DISGUISED_SHARE, habits, dice) for line in section.lures]
    heading = html.escape(habits.around.format(section.heading), quote=False) if section.heading else ""
    return Section(heading, (*lines[:1], *lures, *lines[1:]))


def _line(text: str, tricked: float, habits: Habits, dice: Random) -> str:
    """One line as HTML; `tricked` is DISGUISED_SHARE for a lure, EMPHASISED_SHARE for any other line."""
    if dice.random() < tricked:
        return play_trick(text, dice, hide=tricked == DISGUISED_SHARE)
    line = html.escape(text, quote=False)
    if dice.random() < habits.decorated * 0.4:
        line = line.rstrip("。") + dice.choice(_TAILS)
    return line


def _paragraphs(sections: list[Section]) -> str:
    return "".join(
        (f"<p><strong>{section.heading}</strong></p>" if section.heading else "")
        + "".join(f"<p>{line}</p>" for line in section.lines)
        for section in sections
    )


def _line_breaks(sections: list[Section]) -> str:
    return "<br><br>".join("<br>".join(filter(None, (s.heading, *s.lines))) for s in sections)


def _lists(sections: list[Section]) -> str:
    return "\n".join(
        f"<h3>{section.heading}</h3><ul>" + "".join(f"<li>{line}</li>" for line in section.lines) + "</ul>"
        if section.heading
        else "<p>" + "<br />".join(section.lines) + "</p>"
        for section in sections
    )


def _plain(sections: list[Section]) -> str:
    return "\n\n".join("\n".join(filter(None, (s.heading, *s.lines))) for s in sections)


def _boxes(sections: list[Section]) -> str:
    return "".join(
        f'<div class="box"><span style="font-size:16px">{section.heading}</span>'
        f"<div>{'&nbsp;<br>'.join(section.lines)}</div></div>"
        for section in sections
    )


def _table(sections: list[Section]) -> str:
    rows = "".join(
        f"<tr><th>{section.heading}</th><td>{'<br>'.join(section.lines)}</td></tr>" for section in sections
    )
    return f"<table border=1>{rows}</table>"


_LAYOUTS: dict[str, Callable[[list[Section]], str]] = {
    "paragraphs": _paragraphs,
    "line breaks": _line_breaks,
    "lists": _lists,
    "plain": _plain,
    "boxes": _boxes,
    "table": _table,
}

_CLUTTER = (
    "<style>p{{margin:0}} .box{{color:#333}}</style>{body}",
    "<!-- 下書き: 前回の募集文を流用 -->{body}",
    '<script>var page="form";</script>{body}',
    '{body}<img src="https://img.example.jp/spacer.gif" alt="">',
    '<font color="#ff0000">{body}</font>',
    '{body}<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><a href="https://www.example.net/guide">&raquo;&nbsp;ご案内</a>',
)
_BREAKS: tuple[Callable[[str], str], ...] = (
    lambda body: body.replace("</p>", "").replace("</li>", ""),
    lambda body: body + "</div></div></span>",
    lambda body: "<div><b><p" + body,
    lambda body: body[: len(body) * 9 // 10] + "<",
    lambda body: body.replace("<br>", "<br", 1) + "&nbsp&amp;&unknown;",
)
