"""What is said of one KPI: its value, what was expected, how rare that is and where it happens."""

from shared.alerts.phrases.phrase import Phrase

VALUE = Phrase("{value}, expected {range}", "{value}（想定 {range}）")
NO_VALUE = Phrase("no value", "値なし")
AT_LEAST = Phrase("at least {low}", "{low}以上")
AT_MOST = Phrase("at most {high}", "{high}以下")

FALLING = Phrase("falling since {day}", "{day}から下落傾向")
RISING = Phrase("rising since {day}", "{day}から上昇傾向")
LATELY_BELOW = Phrase(
    "{trend}: the last {days:day|days} together are {percent} below expected",
    "{trend}（直近{days}日間の通算で想定より{percent}低い）",
)
LATELY_ABOVE = Phrase(
    "{trend}: the last {days:day|days} together are {percent} above expected",
    "{trend}（直近{days}日間の通算で想定より{percent}高い）",
)

LOWEST_SINCE = Phrase("lowest since {day}", "{day}以来の低さ")
HIGHEST_SINCE = Phrase("highest since {day}", "{day}以来の高さ")
LOWEST_EVER = Phrase("lowest in {days:day|days} of history", "過去{days}日間で最低")
HIGHEST_EVER = Phrase("highest in {days:day|days} of history", "過去{days}日間で最高")

SINCE = Phrase("since {day}", "{day}から")
EVERYWHERE = Phrase("in every {parts} ({total})", "{parts}すべて（{total}件）で発生")
SOMEWHERE = Phrase("in {count} of {total}: {names}", "{total}件中{count}件で発生: {names}")
ONLY_HERE = Phrase(
    "only here, not in the {others:other|others}", "ここだけで発生（ほか{others}件では発生なし）"
)
NOWHERE_ALONE = Phrase("no single {parts} stands out", "特定の{parts}への偏りなし")
PART = Phrase("part", "区分")

MORE_KPIS = Phrase("and {more:more KPI|more KPIs}: {names}", "ほか{more}件のKPI: {names}")
CHART = Phrase("{kpi}, {days:day|days} until {day}: {what}", "{kpi}の{day}までの{days}日間: {what}")

ACTUAL = Phrase("actual", "実績")
EXPECTED = Phrase("expected range", "想定範囲")
OUTSIDE = Phrase("outside it", "想定外")
DRIFT = Phrase("slow change", "緩やかな変化")
"""What a chart's colours mean."""
