"""What only a summary says."""

from shared.alerts.phrases.phrase import Phrase

# The headline.
WEEK = Phrase("Week {week} of {year} ({days})", "{year}年第{week}週（{days}）")
OTHER_WEEK = Phrase("The week {days} {year}", "{year}年 {days}の週")
SAID_OF = Phrase("{whom}: {said}", "{whom}: {said}")
"""Of a period, of tables."""
TABLES = Phrase("{tables:table|tables}", "{tables}テーブル")
NEED_YOU = Phrase("{tables:needs|need} you", "要対応{tables}件")
NOTHING_NEEDS_YOU = Phrase("nothing needs you", "要対応なし")
STAND_OUT = Phrase("{kpis:KPI stands|KPIs stand} out", "目立つKPI {kpis}件")
NOT_ALL_CHECKED = Phrase("{tables} not fully checked", "未確認あり{tables}件")
NO_TABLES = Phrase("{period}: no KPI table is watched", "{period}: 監視中のKPIテーブルはありません")
CLAUSES = Phrase("; ", "、")

# What goes on.
OPEN = Phrase("Needs you", "要対応")
OPEN_ITEM = Phrase("{headline} · day {number}, since {day}", "{headline} ・ {day}から{number}日目")
NEW_ITEM = Phrase("{headline} · since {day}", "{headline} ・ {day}から")
OWNED = Phrase("{said} · owner {owner}", "{said} ・ 担当 {owner}")
MORE_OPEN = Phrase("and {more} more that go on: {names}", "ほかに継続中 {more}件: {names}")
RECOVERED = Phrase("Back to normal: {names}.", "回復しました: {names}。")

# Arrival.
ARRIVAL = Phrase("Arrival", "データの到着")
ALL_ARRIVED = Phrase("Every table arrived in time and whole.", "全テーブルが期限内に正常に届きました。")
MISSING = Phrase("missing: {days}", "未着: {days}")
LATE = Phrase("late: {days}, at most {delay} after it was due", "遅延: {days}（最大{delay}）")
BROKEN = Phrase("broken: {days}", "データ異常: {days}")
MORE_TABLES = Phrase("and {more:more table|more tables}", "ほか{more}テーブル")
HOURS = Phrase("{hours} h {minutes} min", "{hours}時間{minutes}分")

# KPIs.
LOUD_TABLE = Phrase(
    "{table}: {loud} of {kpis:KPI|KPIs} out of the ordinary", "{table}: {kpis} KPI中{loud}件が普段と違う"
)
QUIET_TABLE = Phrase("{table}: {kpis:KPI|KPIs} as usual", "{table}: {kpis} KPI、いつも通り")
SOME_DAYS = Phrase("{title} ({days} of {whole:day|days})", "{title}（{whole}日中{days}日分）")
OTHER_DAY = Phrase("{title} ({day})", "{title}（{day}分）")
VS_WEEK = {"daily": Phrase("vs a week earlier", "前週同曜日比"), "weekly": Phrase("vs last week", "前週比")}
VS_YEAR = {
    "daily": Phrase("vs a year earlier", "前年同曜日比"),
    "weekly": Phrase("vs last year", "前年同週比"),
}
CHANGE = Phrase("{moved} {against} ({before})", "{against} {moved}（{before}）")
SHORT_CHANGE = Phrase("{moved} {against}", "{against} {moved}")
ON_DAYS = Phrase("{said} on {days:day|days} both have", "{said}（両方にある{days}日で比較）")
TIMES = Phrase("×{times}", "{times}倍")
USUAL = Phrase("{times}× its usual change", "普段の変化の{times}倍")
AS_EXPECTED = Phrase("as expected", "想定内")
OUTSIDE = Phrase("outside what was expected", "想定外")
OUTSIDE_ON = Phrase("outside what was expected on {days}", "想定外: {days}")
DRIFTING = Phrase("slowly changing since {day}", "{day}から緩やかに変化")
NOT_JUDGED = Phrase("not judged", "判定なし")
NEW_KPI = Phrase("new", "新規")
GONE_KPI = Phrase("no value any more", "値がなくなった")
OTHERS = Phrase("{kpis:other|others} moved as usual", "ほか{kpis}件はいつも通り")
OTHERS_LOUD = Phrase("{loud:other stands|others stand} out too: {names}", "ほかに目立つ{loud}件: {names}")
PARTS = Phrase("also told of: {names}", "一部で検知: {names}")
PART_DAYS = Phrase("{name} on {days:day|days}", "{name} {days}日")
OTHER_TABLES = Phrase("Other tables", "そのほかのテーブル")
ALL_TABLES = Phrase("Tables", "テーブル")
LOUDEST = Phrase("{said}, above all {kpi} {change}", "{said}、特に {kpi} {change}")
MOST_MOVED = Phrase("{said}; moved most: {kpi} {change}", "{said}。最も動いたのは {kpi} {change}")
QUIET_TABLES = Phrase(
    "As usual: {names} ({kpis:KPI|KPIs} in {tables:table|tables})",
    "いつも通り: {names}（{tables}テーブル、{kpis} KPI）",
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
    "daily": Phrase("{value} (a week earlier {before})", "{value}（前週同曜日 {before}）"),
    "weekly": Phrase("{value} (last week {before})", "{value}（前週 {before}）"),
}
NO_POSTS = Phrase("No post came in and none was taken down.", "新規投稿・非公開化はありません。")

# What comes.
AHEAD = Phrase("The next 7 days", "今後7日間")
EVENT = Phrase("{days}: {name}", "{days}: {name}")
FIRST_EVENT = Phrase(
    "{days}: {name} – for the first time: its effect is not known yet, expect alerts",
    "{days}: {name} – 初めてのイベントのため影響を予測できません。アラートが出ることがあります",
)
HOLIDAYS = Phrase("holidays: {names}", "祝日・休業日: {names}")
MORE_EVENTS = Phrase("and {more:more event|more events}", "ほか{more}件")
NOTHING_AHEAD = Phrase("No event or holiday in the next 7 days.", "今後7日間にイベント・祝日はありません。")

# What the watcher did not manage.
GAPS = Phrase("What Sekisho did not manage to check", "関所が確認できなかったもの")
ALL_CHECKED = Phrase("Every due day was checked.", "期限の来た日はすべて確認済みです。")
MISCONFIGURED = Phrase("configuration: {error}", "設定エラー: {error}")
FAILED = Phrase("{table}: check failed ({days}): {error}", "{table}: 確認に失敗（{days}）: {error}")
NEVER_CHECKED = Phrase(
    "{number} never checked yet: {names}", "一度も確認されていないテーブル {number}件: {names}"
)
UNWATCHED = Phrase(
    "{number} with an incident, but no file names {number:it|them} any more: {names}",
    "インシデント中に監視対象から外れたテーブル {number}件: {names}",
)
UNCHECKED = Phrase("{table}: not checked on {days}", "{table}: {days}は未確認")
WAITING = Phrase("{table}: still waiting for rows of {days}", "{table}: {days}分のデータ待ち")
MUTED = Phrase(
    "{table}: {kpis:KPI|KPIs} not judged, the data is broken: {names}",
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
UNJUDGED = Phrase("KPIs that could not be judged", "判定できなかったKPI")

# Said once.
NO_WEEK_YET = Phrase("No figures of a week ago yet.", "前週の値はまだありません。")
NO_YEAR_YET = Phrase("No figures of a year ago yet.", "前年の値はまだありません。")
