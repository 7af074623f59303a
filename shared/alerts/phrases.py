"""Phrases: everything alerts say, in English and in Japanese, in one table. Facts fill the placeholders."""

from collections.abc import Mapping, Sequence
from datetime import date

from shared.alerts.numbers import Language

PHRASES: Mapping[str, Mapping[Language, str]] = {
    # What stands at the top, and on a phone's screen
    "headline": {"en": "{table}: {what}", "ja": "{table}: {what}"},
    "headline_more": {"en": "{what} (+{n} more)", "ja": "{what}（ほか{n}件）"},
    "headline_day": {"en": "{what} (day {n})", "ja": "{what}（{n}日目）"},
    "recovered": {"en": "back to normal after {days}", "ja": "{days}ぶりに正常に戻りました"},
    "repaired": {"en": "{date} is as it should be now", "ja": "{date}分は正常になりました"},
    "another_look": {"en": "checked again", "ja": "再チェックの結果"},
    "was_failed": {"en": "the check works", "ja": "チェックの実行"},
    "was_missing": {"en": "the data is there", "ja": "データの到着"},
    "was_table_missing": {"en": "the table is there", "ja": "テーブルの存在"},
    "was_no_rows": {"en": "the rows are there", "ja": "行の到着"},
    "was_partial_day": {"en": "the day is complete", "ja": "1日分の到着"},
    "was_few_rows": {"en": "number of rows", "ja": "行数"},
    "was_many_rows": {"en": "number of rows", "ja": "行数"},
    "was_duplicates": {"en": "no duplicates", "ja": "重複の解消"},
    "was_column_dropped": {"en": "column {column}", "ja": "列 {column}"},
    "was_column_retyped": {"en": "type of {column}", "ja": "列 {column} の型"},
    "was_column_added": {"en": "column {column}", "ja": "列 {column}"},
    "was_all_null": {"en": "values of {column}", "ja": "{column} の値"},
    "was_stuck": {"en": "values of {column}", "ja": "{column} の値"},
    "failed": {"en": "the check failed", "ja": "チェックできませんでした"},
    "on_day": {"en": "{weekday} {date}", "ja": "{date}（{weekday}）"},
    "since": {"en": "since {date}", "ja": "{date}から"},
    "day_number": {"en": "day {n}", "ja": "{n}日目"},
    # A KPI
    "value": {"en": "{value}, expected {range}", "ja": "{value}（想定 {range}）"},
    "value_alone": {"en": "{value}", "ja": "{value}"},
    "zero": {"en": "is 0, expected {range}", "ja": "0（想定 {range}）"},
    "zero_alone": {"en": "is 0", "ja": "0"},
    "at_least": {"en": "at least {low}", "ja": "{low}以上"},
    "at_most": {"en": "at most {high}", "ja": "{high}以下"},
    "falling": {"en": "falling since {date}", "ja": "{date}から下落傾向"},
    "rising": {"en": "rising since {date}", "ja": "{date}から上昇傾向"},
    "drift_below": {
        "en": "{days} together {percent} below what was expected",
        "ja": "直近{days}の通算で想定を{percent}下回る",
    },
    "drift_above": {
        "en": "{days} together {percent} above what was expected",
        "ja": "直近{days}の通算で想定を{percent}上回る",
    },
    "lowest_since": {"en": "lowest since {date}", "ja": "{date}以来の低さ"},
    "highest_since": {"en": "highest since {date}", "ja": "{date}以来の高さ"},
    "lowest_ever": {"en": "lowest in {days} of history", "ja": "過去{days}で最低"},
    "highest_ever": {"en": "highest in {days} of history", "ja": "過去{days}で最高"},
    "all_segments": {"en": "in all {n} segments", "ja": "{n}セグメントすべてで発生"},
    "some_segments": {
        "en": "in {n} of {total} segments: {names}",
        "ja": "{total}セグメント中{n}で発生: {names}",
    },
    "one_segment": {"en": "in this one of {total} segments only", "ja": "{total}セグメント中ここだけ"},
    "no_segment": {"en": "no single segment stands out", "ja": "特定のセグメントへの偏りなし"},
    "more_kpis": {"en": "and {n} more KPIs: {names}", "ja": "ほか{n}件のKPI: {names}"},
    "one_more_kpi": {"en": "and 1 more KPI: {names}", "ja": "ほか1件のKPI: {names}"},
    "more_names": {"en": "{names} and {n} more", "ja": "{names}ほか{n}件"},
    "normal_again": {"en": "back to normal: {names}", "ja": "正常に戻ったもの: {names}"},
    # Whether the day arrived
    "table_missing": {"en": "the table is not there", "ja": "テーブルがありません"},
    "no_rows": {"en": "no rows for {date}", "ja": "{date}の行がありません"},
    "partial_day": {
        "en": "{date} is not complete: {rows} so far",
        "ja": "{date}分がまだ揃っていません（現在{rows}）",
    },
    "partial_day_until": {
        "en": "{date} is not complete: {rows} until {last_at}, usually until {usual}",
        "ja": "{date}分がまだ揃っていません（{last_at}まで{rows}、通常は{usual}まで）",
    },
    "none_since": {"en": "the last came for {date}", "ja": "最後は{date}分"},
    "renamed": {"en": "maybe {column} now", "ja": "{column} に改名された可能性"},
    "few_rows": {"en": "only {rows}", "ja": "{rows}しかありません"},
    "many_rows": {"en": "as many as {rows}", "ja": "{rows}もあります"},
    "usual": {"en": "{what} (usually {usual})", "ja": "{what}（通常{usual}行）"},
    "duplicates": {"en": "{rows} are duplicates", "ja": "{rows}が重複しています"},
    "column_dropped": {"en": "column {column} is gone", "ja": "列 {column} がなくなりました"},
    "column_retyped": {
        "en": "column {column} is {now} now, was {before}",
        "ja": "列 {column} の型が {before} から {now} に変わりました",
    },
    "column_added": {"en": "column {column} is new", "ja": "列 {column} が増えました"},
    "all_null": {"en": "{column} is NULL in every row", "ja": "{column} が全行NULLです"},
    "stuck": {
        "en": "{column} never changes: the same for {days}",
        "ja": "{column} が{days}間まったく同じ値です",
    },
    "stuck_alone": {"en": "{column} never changes any more", "ja": "{column} の値がまったく変わりません"},
    "arrival_title": {"en": "The data is not as it should be", "ja": "データの異常"},
    "muted": {"en": "Not judged until it is repaired: {names}", "ja": "直るまで判定しないKPI: {names}"},
    "failed_because": {
        "en": "Nothing is known about this day: {error}",
        "ja": "この日の状態は不明です: {error}",
    },
    "failed_next": {
        "en": "The next hourly run tries again by itself. If it fails again, mend what the error names.",
        "ja": "次の1時間ごとの実行で自動的に再試行します。続く場合はエラーの原因を直してください。",
    },
    # Where to look first
    "first": {"en": "Look here first ({branch}): {clue}", "ja": "まず確認（{branch}）: {clue}"},
    "branch_data": {"en": "data", "ja": "データ"},
    "branch_model": {"en": "model", "ja": "モデル"},
    "branch_setting": {"en": "setting", "ja": "設定"},
    "clue_check_failed": {
        "en": "read the error; most often it is the table's file or the access to the table.",
        "ja": "エラーの内容。多くはテーブルの設定ファイルかアクセス権が原因です。",
    },
    "clue_not_arrived": {
        "en": "the job that writes this table. Did it run, and for this day?",
        "ja": "このテーブルを作るジョブ。その日の分が実行されたか。",
    },
    "clue_schema": {
        "en": "{about}: changed on purpose? If so, adapt the table's file; if not, restore the column.",
        "ja": "{about} の変更は意図したものか。意図どおりなら設定を合わせ、違うなら列を戻します。",
    },
    "clue_broken_rows": {
        "en": "the job that writes this table and what feeds it: its rows are not as they always were.",
        "ja": "このテーブルを作るジョブとその入力。行の様子がいつもと違います。",
    },
    "clue_deliveries_stopped": {
        "en": "deliveries stopped{about}: look at the sending job.",
        "ja": "配信が止まっています{about}。配信ジョブを確認してください。",
    },
    "clue_all_zero": {
        "en": "everything is 0{about}: look at what feeds it, then at the service itself.",
        "ja": "すべて0です{about}。入力元、次にサービス自体を確認してください。",
    },
    "clue_one_zero": {
        "en": "{about}: 0 while the rest goes on. Look at where it is logged, then at the feature itself.",
        "ja": "{about} だけが0です。ログの取得箇所、次に機能自体を確認してください。",
    },
    "clue_bots": {
        "en": "{about} up, but nothing came of it: looks like bot traffic. Filter it, check again.",
        "ja": "{about} だけが増え、成果は増えていません。botなら除外して再チェックします。",
    },
    "clue_event": {
        "en": "{about} is on or next to this day. If the number is right, the model did not know: tune it.",
        "ja": "{about} の当日または前後です。数値が正しければモデルの想定外なので、調整します。",
    },
    "clue_new_level": {
        "en": "{n} days now: it may be the new normal. Decide whether it is still worth an alert.",
        "ja": "{n}日続いています。新しい水準かもしれません。アラートの要否を見直してください。",
    },
    "clue_many_weak": {
        "en": "many KPIs are hardly outside: the table's sensitivity may be too high.",
        "ja": "多くのKPIがわずかに外れています。感度の設定が高すぎるかもしれません。",
    },
    "clue_all_together": {
        "en": "all KPIs moved together: are rows missing or there twice? If not, it is real: tell the team.",
        "ja": "全KPIが同じ向きに動きました。行の欠落や重複がないか。なければ実際の変化なので共有します。",
    },
    "clue_one_segment": {
        "en": "only {about} is affected: look at what feeds that segment.",
        "ja": "{about} だけの異常です。このセグメントの入力元を確認してください。",
    },
    "clue_drift": {
        "en": "this is no single bad day. Compare with releases since it began; if real, tell the team.",
        "ja": "1日だけの異常ではありません。始まった頃のリリースを確認し、実際の変化なら共有します。",
    },
    "clue_none": {
        "en": "does the dashboard show the same? Then look at releases and campaigns of that day.",
        "ja": "ダッシュボードでも同じか。同じなら、その日のリリースや施策を確認します。",
    },
    "in_segment": {"en": " in {segment}", "ja": "（{segment}）"},
    # The response guide
    "guide_title": {"en": "What to do", "ja": "対応の手順"},
    "guide_data": {
        "en": "Data: the number is wrong → repair the data, then have {date} checked again.",
        "ja": "データ: 数値が誤り → データを直し、{date}分を再チェック。",
    },
    "guide_model": {
        "en": "Model: the number is right and was to be expected → enter the event, tune the parameters.",
        "ja": "モデル: 数値は正しく、予想できた → イベントを登録し、パラメータを調整。",
    },
    "guide_setting": {
        "en": "Setting: not worth an alert → review the KPI or its setting in {where}.",
        "ja": "設定: 通知するほどではない → KPIまたは設定を見直す（{where}）。",
    },
    "dashboard": {"en": "Dashboard", "ja": "ダッシュボード"},
    "chart_alt": {
        "en": "{kpi} over {days} until {date}: {what}",
        "ja": "{kpi} の{date}までの{days}間の推移: {what}",
    },
    # What channels add
    "charts_missing": {"en": "No chart: {why}.", "ja": "グラフはありません: {why}"},
    "not_drawn": {"en": "it could not be drawn ({why})", "ja": "描画できませんでした（{why}）"},
    "not_uploaded": {"en": "Slack did not take it ({why})", "ja": "Slackに送れませんでした（{why}）"},
    "cut": {"en": "… (shortened)", "ja": "…（以下略）"},
    # In charts
    "expected": {"en": "expected", "ja": "想定"},
    "actual": {"en": "actual", "ja": "実績"},
    "anomaly": {"en": "outside", "ja": "想定外"},
    "drift": {"en": "drift", "ja": "傾向の変化"},
    "month_day": {"en": "{day} {month}", "ja": "{month}/{day}"},
    # Counted things
    "day": {"en": "{n} day", "ja": "{n}日"},
    "days": {"en": "{n} days", "ja": "{n}日"},
    "row": {"en": "{n} row", "ja": "{n}行"},
    "rows": {"en": "{n} rows", "ja": "{n}行"},
    "and": {"en": ", ", "ja": "、"},
}

_WEEKDAYS: Mapping[Language, Sequence[str]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ja": "月火水木金土日",
}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MOST_NAMES = 8


def say(phrase: str, language: Language, **facts: object) -> str:
    """`phrase` in `language` with its facts. KeyError where there is no such phrase or a fact is missing."""
    return PHRASES[phrase][language].format(**facts)


def say_date(day: date, language: Language, near: date | None = None) -> str:
    """`day` as it is said; without its year where `near` is of the same year."""
    if near is not None and near.year == day.year:
        return f"{day.day} {MONTHS[day.month - 1]}" if language == "en" else f"{day.month}月{day.day}日"
    if language == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def say_weekday(day: date, language: Language) -> str:
    """The day with its weekday and year: Monday 12 January 2026."""
    weekday = _WEEKDAYS[language][day.weekday()]
    return say("on_day", language, weekday=weekday, date=say_date(day, language))


def say_count(what: str, n: int, language: Language) -> str:
    """So many days or rows: `what` is the phrase of one, its plural ends with s."""
    return say(what if n == 1 else f"{what}s", language, n=f"{n:,}")


def say_names(names: Sequence[str], language: Language, most: int = MOST_NAMES) -> str:
    """Names in a row; beyond `most` the others are counted."""
    shown = say("and", language).join(names[:most])
    left = len(names) - most
    return shown if left <= 0 else say("more_names", language, names=shown, n=left)
