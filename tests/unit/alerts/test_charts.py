"""Charts are drawn of whatever days there are, small, and readable in Japanese without system fonts."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared.alerts.charts.drawing import draw
from shared.alerts.charts.kpi_picture import kpi_picture
from shared.alerts.charts.lettering import Letters, drawable
from shared.alerts.charts.marks import LINE, WRONG
from shared.alerts.charts.paper import INK, QUIET
from shared.alerts.charts.sparklines import MOST, sparklines
from shared.alerts.message import Chart, ChartLine, Mark
from shared.alerts.numbers import Language

ROOT = Path(__file__).parents[3]
LAST = date(2026, 1, 16)
RED = (208, 32, 46)
KB = 1024


def line(*values: float | None, title: str = "ctr", marks: tuple[Mark, ...] = (), **more: Any) -> ChartLine:
    days = tuple(LAST - timedelta(days=len(values) - 1 - n) for n in range(len(values)))
    return ChartLine(title, days, values, marks=marks, **more)


def wavy(days: int) -> list[float | None]:
    return [100.0 + (n * 7919 % 37) for n in range(days)]


def picture(chart: Chart, language: Language = "en") -> Image.Image:
    return Image.open(io.BytesIO(draw(chart, language))).convert("RGB")


def colors(image: Image.Image) -> list[tuple[int, tuple[int, int, int]]]:
    """Every colour with its number of dots."""
    found: Any = image.getcolors(image.width * image.height)
    return list(found)


def dots(image: Image.Image, color: tuple[int, int, int]) -> int:
    """How many dots are about of that colour."""
    near = (n for n, came in colors(image) if max(abs(a - b) for a, b in zip(came, color, strict=True)) < 12)
    return sum(near)


@pytest.fixture(autouse=True)
def every_warning_is_an_error() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_a_kpis_chart_has_slacks_size_and_its_anomaly_in_red() -> None:
    values = wavy(90)
    values[-1] = 10.0
    marks = (Mark("anomaly", LAST, LAST), Mark("today", LAST, LAST))
    band: tuple[float | None, ...] = tuple(90.0 for _ in values)
    wrong = picture(Chart("", (line(*values, lower=band, upper=band, expected=band, marks=marks),)))
    right = picture(Chart("", (line(*wavy(90), lower=band, upper=band, expected=band),)))
    assert wrong.size == (900, 400)
    assert dots(wrong, RED) > 100
    assert dots(right, RED) == 0


def test_a_busy_chart_stays_small() -> None:
    values = wavy(90)
    band: tuple[float | None, ...] = tuple(200.0 + (n * 31 % 17) for n in range(90))
    marks = tuple(Mark("anomaly", day, day) for day in line(*values).days[::2])
    busy = line(*values, lower=band, upper=band, expected=band, marks=marks)
    assert len(draw(Chart("", (busy,)))) <= 70 * KB
    assert len(draw(Chart("", (busy,) * MOST))) <= 70 * KB


def test_japanese_has_its_signs(caplog: pytest.LogCaptureFixture) -> None:
    marks = (
        Mark("event", LAST - timedelta(days=9), LAST, "冬のセール"),
        Mark("holiday", LAST, LAST, "成人の日"),
    )
    named = picture(Chart("", (line(*wavy(60), title="商品枠 クリック率 —セール", marks=marks),)), "ja")
    nameless = picture(Chart("", (line(*wavy(60), title="", marks=marks),)), "ja")
    title = (10, 0, 330, 36)
    ink = [sum(n for n, dot in colors(image.crop(title)) if sum(dot) < 300) for image in (named, nameless)]
    assert ink[0] > ink[1] + 300
    assert not caplog.records


@pytest.mark.parametrize(
    "title", ["", "cost_$ $x^2$ \\frac", "🚨 sale\n\ttab\0", "%s {x} <b>", "x" * 500, "ا ب", "\ud83d"]
)
def test_any_title_can_be_drawn(title: str) -> None:
    label = (Mark("event", LAST, LAST, title),)
    assert picture(Chart("", (line(*wavy(30), title=title, marks=label),))).size == (900, 400)
    assert picture(Chart("", (line(1.0, title=title), line(2.0, title=title)))).width == 900


VALUES: dict[str, list[float | None]] = {
    "one day": [1.0],
    "no value": [None, None, None],
    "only the last": [None, None, 3.0],
    "holes": [1.0, None, 2.0, None, None, 4.0],
    "all zero": [0.0] * 30,
    "constant": [5.0] * 30,
    "tiny": [1e-9, 2e-9, 3e-9],
    "huge": [1e14, 3e14, 2e14],
    "negative": [-5.0, -10.0, 3.0],
    "ten years": wavy(3_650),
}


@pytest.mark.parametrize("is_share", [False, True])
@pytest.mark.parametrize("what", VALUES)
def test_any_days_can_be_drawn(what: str, is_share: bool) -> None:
    drawn = line(
        *VALUES[what], is_share=is_share, marks=(Mark("today", LAST, LAST), Mark("anomaly", LAST, LAST))
    )
    assert picture(Chart("", (drawn,)), "en").size == (900, 400)
    assert picture(Chart("", (drawn,)), "ja").size == (900, 400)


@pytest.mark.parametrize(("lines", "rows"), [(2, 1), (3, 1), (4, 2), (18, 6), (40, 6)])
def test_many_lines_become_rows_of_sparklines(lines: int, rows: int) -> None:
    image = picture(Chart("", tuple(line(*wavy(14), title=f"kpi {n}") for n in range(lines))))
    assert image.size == (900, 90 * rows + 20)


SALE = Mark("event", LAST - timedelta(days=5), LAST, "A sale with a name that is much too long for any chart")
NEW_YEAR = tuple(
    Mark("holiday", date(2025, 12, 29) + timedelta(days=n), date(2025, 12, 29) + timedelta(days=n), name)
    for n, name in enumerate(("年末", "年末", "大晦日", "元日", "New Year's holidays", "New Year's holidays"))
)
CROWDED: dict[str, dict[str, Any]] = {
    "many events": {
        "marks": (SALE, *NEW_YEAR, Mark("holiday", date(2026, 1, 12), date(2026, 1, 12), "成人の日"))
    },
    "a long name": {"title": "a_very_long_kpi_name " * 9 + "(mall=本店, gender=unknown)"},
    "large numbers": {"factor": 1e13},
    "tiny shares": {"factor": 1e-8, "is_share": True},
}


@pytest.mark.parametrize("days", [1, 3, 10, 30, 90, 400, 3_650])
@pytest.mark.parametrize("what", CROWDED)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_words_lie_on_one_another_or_leave_the_paper(what: str, days: int, language: Language) -> None:
    more = dict(CROWDED[what])
    factor = more.pop("factor", 1.0)
    marks = (*more.pop("marks", ()), Mark("today", LAST, LAST), Mark("anomaly", LAST, LAST))
    values = [100.0 * factor + n % 7 for n in range(days)]
    band: tuple[float | None, ...] = tuple(values)
    crowded = line(*values[:-1], 20 * factor, lower=band, upper=band, marks=marks, **more)
    for paper in (kpi_picture(crowded, language), sparklines((crowded,) * 7, language)):
        assert len(paper.written) > 3
        for n, (left, top, right, bottom) in enumerate(paper.written):
            assert left >= 0
            assert right <= paper.width
            assert top >= 0
            assert bottom <= paper.height
            for other in paper.written[:n]:
                is_apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
                assert is_apart, (paper.written[n], other)


def test_a_name_too_long_keeps_its_ends() -> None:
    letters = Letters(12)
    name = "orders_of_the_whole_shop_by_session (mall=outlet)"
    short = letters.fitted(name, 200)
    assert letters.width(short) <= 200
    assert short.startswith("orders_")
    assert short.endswith("outlet)")
    assert letters.fitted("ctr", 200) == "ctr"
    assert letters.fitted("ctr", 0) == "…"


def test_the_day_in_question_is_seen_at_once_though_it_is_zero() -> None:
    """Its dot stands on the axis: nothing of it may be cut off."""
    values = wavy(90)
    values[-1] = 0.0
    marks = (Mark("anomaly", LAST, LAST), Mark("today", LAST, LAST))
    zero = picture(Chart("", (line(*values, marks=marks),)))
    values[-1] = 60.0
    above = picture(Chart("", (line(*values, marks=marks),)))
    right = (870, 100, 900, 400)  # right of its value in words
    assert dots(zero.crop(right), RED) >= 0.9 * dots(above.crop(right), RED)


@pytest.mark.parametrize("color", [INK, QUIET, LINE, WRONG])
def test_a_chart_reads_the_same_in_slacks_light_and_dark_theme(color: str) -> None:
    """It brings its own paper, nothing of which is seen through, and ink that WCAG 2 calls readable on it."""
    image = Image.open(io.BytesIO(draw(Chart("", (line(*wavy(30)),))))).convert("RGBA")
    assert image.getchannel("A").getextrema() == (255, 255)
    corners = {image.getpixel((x, y)) for x in (0, 899) for y in (0, 399)}
    assert min(min(dot) for dot in corners if isinstance(dot, tuple)) >= 250
    assert 1.05 / (luminance(color) + 0.05) >= 4.5


def luminance(color: str) -> float:
    """Relative, as WCAG 2 defines it."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (n / 12.92 if n <= 0.04045 else ((n + 0.055) / 1.055) ** 2.4 for n in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_sign_that_can_be_said_has_its_form_in_the_fonts() -> None:
    said = "想定範囲実績想定外緩やかな変化〜（金）月火水木土日▲▼→×–…·億兆万 expected range 1,234.5 %"
    assert drawable(said) == said
    assert drawable("🚨\ud83d\0") == "···"


@pytest.mark.parametrize(
    ("came", "seen"),
    [
        ("ka\u0301 カ\u3099 フ\u309a", "ká ガ プ"),
        ("zero\u200b\ufeffwidth \u202eright to left\u202c", "zerowidth right to left"),
        ("葛\U000e0100飾 ☁\ufe0f", "葛飾 ☁"),
        ("𝒙 per 𝗱𝗮𝘆", "x per day"),
        ("髙島屋 﨑 ①㈱Ⅳ℡№㍻", "髙島屋 﨑 ①㈱Ⅳ℡№㍻"),
        ("ｸﾘｯｸ率 ~〜～−ー—‐", "ｸﾘｯｸ率 ~〜～−ー—‐"),
        ("👍🏽売上👨\u200d👩\u200d👧", "·売上···"),
        ("클릭", "··"),
        ("\u200d", ""),
    ],
)
def test_a_name_is_lettered_with_signs_the_fonts_have(came: str, seen: str) -> None:
    assert drawable(came) == seen
    assert Letters(12).width(drawable(came)) >= 0


def test_charts_are_the_same_from_many_threads_at_once() -> None:
    values = wavy(90)
    charts = [
        Chart(
            "", (line(*values, title=title, marks=(Mark("anomaly", LAST, LAST), Mark("today", LAST, LAST))),)
        )
        for title in ("商品枠 クリック率", "orders (mall=outlet)", "売上", "x" * 300)
    ]
    alone = [draw(chart, "ja") for chart in charts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda chart: draw(chart, "ja"), charts * 6))
    assert together == alone * 6


@pytest.mark.parametrize("lines", [(), (ChartLine("x", (), ()),)])
def test_a_chart_of_nothing_is_refused(lines: tuple[ChartLine, ...]) -> None:
    with pytest.raises(ValueError, match="expected at least one line with days"):
        draw(Chart("nothing", lines))


def test_nothing_global_is_touched_and_no_home_is_needed(tmp_path: Path) -> None:
    """As in a function: nothing to write to but the temporary folder, no fonts and no pyplot."""
    code = (
        "import sys, matplotlib\n"
        "def settings(): return {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "from datetime import date\n"
        "from shared.alerts.charts.drawing import draw\n"
        "from shared.alerts.message import Chart, ChartLine\n"
        "png = draw(Chart('', (ChartLine('商品枠', (date(2026, 1, 1),), (1.0,)),)), 'ja')\n"
        "assert png.startswith(b'\\x89PNG')\n"
        "assert settings() == before\n"
        "assert not {'matplotlib.pyplot', 'matplotlib.figure', 'matplotlib_fontja'} & set(sys.modules)\n"
    )
    env = {"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
