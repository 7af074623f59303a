"""What a summary says, in English and Japanese side by side, so that neither is forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import override

from shared.alerts.numbers import Language
from shared.kpi.arrival.findings import FindingKind

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": ("月", "火", "水", "木", "金", "土", "日"),
}
MOST_RUNS = 4


class Count(int):
    """A number that brings its noun: `{n:table|tables}` is "1 table", "7 tables"; `{n}` is "1,234"."""

    @override
    def __format__(self, spec: str) -> str:
        one, _, many = spec.partition("|")
        noun = f" {one if self == 1 else many or one}" if spec else ""
        return f"{int(self):,}{noun}"


@dataclass(frozen=True)
class Phrase:
    """One thing to say, with the places its facts go to."""

    en: str
    ja: str

    def say(self, language: Language, **facts: str | int) -> str:
        """The phrase in `language`; whole numbers among the facts are counts."""
        text = self.ja if language == "ja" else self.en
        return text.format(
            **{name: Count(fact) if isinstance(fact, int) else fact for name, fact in facts.items()}
        )


# The headline.
WEEK = Phrase("Week {week} of {year} ({days})", "{year}年第{week}週({days})")
OTHER_WEEK = Phrase("The week {days} {year}", "{year}年 {days}の週")
DAY = Phrase("{day} {year}", "{year}年{day}")
HEADLINE = Phrase("{period}: {said}", "{period}: {said}")
NAMED = Phrase("{said}: {names}", "{said}: {names}")
TABLES = Phrase("{tables:table|tables}", "{tables}テーブル")
NEED_YOU = Phrase("{tables:needs|need} you", "要対応{tables}件")
NOTHING_NEEDS_YOU = Phrase("nothing needs you", "要対応なし")
STAND_OUT = Phrase("{kpis:KPI stands|KPIs stand} out", "目立つKPI {kpis}件")
NOT_ALL_CHECKED = Phrase("{tables} not fully checked", "未確認あり{tables}件")
NO_TABLES = Phrase("{period}: no KPI table is watched", "{period}: 監視中のKPIテーブルはありません")
AND_MORE = Phrase("{names} and {more} more", "{names} ほか{more}件")
LIST = Phrase(", ", "、")
CLAUSES = Phrase("; ", "、")

# What goes on.
OPEN = Phrase("Needs you", "要対応")
OPEN_ITEM = Phrase("{headline} · day {number}, since {day}", "{headline} ・ {day}から{number}日目")
NEW_ITEM = Phrase("{headline} · since {day}", "{headline} ・ {day}から")
OWNED = Phrase("{said} · owner {owner}", "{said} ・ 担当 {owner}")
MORE_OPEN = Phrase("and {more} more that go on: {names}", "ほかに継続中 {more}件: {names}")
RECOVERED = Phrase("Over again: {names}.", "回復: {names}。")

# Arrival.
ARRIVAL = Phrase("Arrival", "データの到着")
ALL_ARRIVED = Phrase("Every table arrived in time and whole.", "全テーブルが期限内に正常に到着。")
MISSING = Phrase("missing: {days}", "未着: {days}")
LATE = Phrase("late: {days}, at most {delay} after it was due", "遅延: {days}(最大{delay})")
BROKEN = Phrase("broken: {days}", "データ異常: {days}")
FOUND = Phrase("{kind} {column}", "{column} {kind}")
MORE_TABLES = Phrase("and {more:more table|more tables}", "ほか{more}テーブル")
HOURS = Phrase("{hours} h {minutes} min", "{hours}時間{minutes}分")
FINDINGS = {
    FindingKind.TABLE_MISSING: Phrase("no such table", "テーブルなし"),
    FindingKind.NO_ROWS: Phrase("no rows", "行なし"),
    FindingKind.PARTIAL_DAY: Phrase("a part of the day only", "一日の途中まで"),
    FindingKind.FEW_ROWS: Phrase("too few rows", "行数が少なすぎる"),
    FindingKind.MANY_ROWS: Phrase("too many rows", "行数が多すぎる"),
    FindingKind.DUPLICATES: Phrase("duplicate rows", "重複行"),
    FindingKind.COLUMN_DROPPED: Phrase("dropped column", "列の削除"),
    FindingKind.COLUMN_RETYPED: Phrase("retyped column", "列の型変更"),
    FindingKind.COLUMN_ADDED: Phrase("new column", "列の追加"),
    FindingKind.ALL_NULL: Phrase("all empty:", "全てNULL"),
    FindingKind.STUCK: Phrase("does not move:", "値が固定"),
}

# KPIs.
LOUD_TABLE = Phrase(
    "{table}: {loud} of {kpis:KPI|KPIs} out of the ordinary", "{table}: {kpis} KPI中{loud}件が目立つ"
)
QUIET_TABLE = Phrase("{table}: {kpis:KPI|KPIs} as usual", "{table}: {kpis} KPI、いつも通り")
SOME_DAYS = Phrase("{title} ({days} of {whole:day|days})", "{title}({whole}日中{days}日分)")
OTHER_DAY = Phrase("{title} ({day})", "{title}({day}分)")
VS_WEEK = {"daily": Phrase("vs a week earlier", "前週同曜日比"), "weekly": Phrase("vs last week", "前週比")}
VS_YEAR = {
    "daily": Phrase("vs a year earlier", "前年同曜日比"),
    "weekly": Phrase("vs last year", "前年同週比"),
}
CHANGE = Phrase("{moved} {against} ({before})", "{against} {moved}({before})")
SHORT_CHANGE = Phrase("{moved} {against}", "{against} {moved}")
ON_DAYS = Phrase("{said} on {days:day|days} both have", "{said} [両方にある{days}日で比較]")
TIMES = Phrase("×{times}", "{times}倍")
USUAL = Phrase("{times}× its usual change", "普段の変化の{times}倍")
AS_EXPECTED = Phrase("as expected", "想定内")
OUTSIDE = Phrase("outside what was expected", "想定外")
OUTSIDE_ON = Phrase("outside what was expected on {days}", "想定外: {days}")
DRIFTING = Phrase("drifting since {day}", "{day}から傾向が変化")
NOT_JUDGED = Phrase("not judged", "判定なし")
NEW_KPI = Phrase("new", "新規")
GONE_KPI = Phrase("no value any more", "値がなくなった")
OTHERS = Phrase("{kpis:other|others} moved as usual", "ほか{kpis}件はいつも通り")
OTHERS_LOUD = Phrase("{loud:other stands|others stand} out too: {names}", "ほかに目立つ{loud}件: {names}")
SEGMENTS = Phrase("alerts in segments: {names}", "セグメントでの検知: {names}")
SEGMENT_DAYS = Phrase("{name} on {days:day|days}", "{name} {days}日")
OTHER_TABLES = Phrase("Other tables", "そのほかのテーブル")
LOUDEST = Phrase("{said}, above all {kpi} {change}", "{said}、特に {kpi} {change}")
MOST_MOVED = Phrase("{said}; most moved {kpi} {change}", "{said}。変化最大 {kpi} {change}")
QUIET_TABLES = Phrase(
    "As usual: {names} ({kpis:KPI|KPIs} in {tables:table|tables})",
    "いつも通り: {names}({tables}テーブル、{kpis} KPI)",
)
CHART = Phrase("{table}, last {days} days: {kpis}", "{table}、直近{days}日: {kpis}")
NO_FIGURES = Phrase(
    "No table has a figure of this period yet.", "この期間の値があるテーブルはまだありません。"
)

# Posts.
MODERATION = Phrase("Posts checked", "投稿の審査")
POSTS = Phrase("New posts", "新規投稿")
TAKEN_DOWN = Phrase("Taken down", "非公開化")
RESTORED = Phrase("Restored", "復元")
OVERTURN_RATE = Phrase("Overturn rate", "判定の覆り率")
BEFORE = {
    "daily": Phrase("{value} (a week earlier {before})", "{value}(前週同曜日 {before})"),
    "weekly": Phrase("{value} (last week {before})", "{value}(前週 {before})"),
}
NO_POSTS = Phrase("No post came in and none was taken down.", "新規投稿・非公開化なし。")

# What comes.
AHEAD = Phrase("The next 7 days", "今後7日間")
EVENT = Phrase("{days}: {name}", "{days}: {name}")
FIRST_EVENT = Phrase(
    "{days}: {name} – first time: no band knows its effect yet, expect alerts",
    "{days}: {name} – 初回のため想定範囲に影響がまだ反映されません。アラートに注意",
)
HOLIDAYS = Phrase("holidays: {names}", "祝日・休業日: {names}")
MORE_EVENTS = Phrase("and {more:more event|more events}", "ほか{more}件")
NOTHING_AHEAD = Phrase("No event or holiday in the next 7 days.", "今後7日間にイベント・祝日なし。")

# What the watcher did not manage.
GAPS = Phrase("What Sekisho did not manage to check", "関所が確認できなかったもの")
ALL_CHECKED = Phrase("Every due day was checked.", "期限の来た日は全て確認済み。")
MISCONFIGURED = Phrase("configuration: {error}", "設定エラー: {error}")
FAILED = Phrase("{table}: check failed ({days}): {error}", "{table}: 確認に失敗({days}): {error}")
NEVER_CHECKED = Phrase(
    "{number} never checked yet: {names}", "一度も確認されていないテーブル {number}件: {names}"
)
UNCHECKED = Phrase("{table}: not checked on {days}", "{table}: 未確認 {days}")
WAITING = Phrase("{table}: still waiting for rows of {days}", "{table}: データ待ち {days}")
MUTED = Phrase(
    "{table}: {kpis:KPI|KPIs} muted, the data is broken: {names}",
    "{table}: データ異常により判定を止めたKPI {kpis}件: {names}",
)
REFUSED = Phrase(
    "{table}: {kpis:KPI|KPIs} can't be judged: {names}: {note}",
    "{table}: 判定できないKPI {kpis}件: {names}: {note}",
)
TOO_YOUNG = Phrase(
    "{table}: not enough history yet for {kpis:KPI|KPIs}: {names}",
    "{table}: 履歴不足で判定できないKPI {kpis}件: {names}",
)
NOT_TOLD = Phrase("{number:alert|alerts} not sent: {names}", "未送信のアラート {number}件: {names}")
MORE_GAPS = Phrase("and {more} more of these", "同様のもの ほか{more}件")
UNJUDGED = Phrase("KPIs nothing is thought of", "判定していないKPI")

# Said once.
NO_WEEK_YET = Phrase("No figures of a week ago yet.", "前週の値はまだありません。")
NO_YEAR_YET = Phrase("No figures of a year ago yet.", "前年の値はまだありません。")


def day_in_words(day: date, language: Language) -> str:
    """Sun 11 Jan, 1月11日(日)."""
    weekday = WEEKDAYS[language][day.weekday()]
    if language == "ja":
        return f"{day.month}月{day.day}日({weekday})"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]}"


def days_in_words(days: Sequence[date], language: Language) -> str:
    """Days as runs: 9–11 Jan, 13 Jan; 1月9日〜11日、13日. At most 4 runs, the rest counted."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] <= timedelta(days=1):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    named = LIST.say(language).join(span_in_words(*run, language) for run in runs[:MOST_RUNS])
    left = sum((end - start).days + 1 for start, end in runs[MOST_RUNS:])
    return AND_MORE.say(language, names=named, more=left) if left else named


def span_in_words(start: date, end: date, language: Language) -> str:
    """9–11 Jan, 29 Dec – 4 Jan; 1月9日〜11日, 12月29日〜1月4日."""
    is_same_month = (start.year, start.month) == (end.year, end.month)
    if language == "ja":
        first, last = f"{start.month}月{start.day}日", f"{end.month}月{end.day}日"
        return first if start == end else f"{first}〜{f'{end.day}日' if is_same_month else last}"
    last = f"{end.day} {MONTHS[end.month - 1]}"
    if start == end:
        return last
    return f"{start.day}–{last}" if is_same_month else f"{start.day} {MONTHS[start.month - 1]} – {last}"


def names_in_words(names: Sequence[str], most: int, language: Language) -> str:
    """At most so many names, the rest counted."""
    named = LIST.say(language).join(names[:most])
    left = len(names) - most
    return AND_MORE.say(language, names=named, more=left) if left > 0 else named
