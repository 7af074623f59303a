"""What to do about an alert: where to look first, by the evidence, and the guide of three branches."""

from collections.abc import Mapping

from shared.alerts.phrases.phrase import Phrase
from shared.kpi.suggestion import Branch, Clue

FIRST = Phrase("Look here first ({branch}): {clue}", "まず確認（{branch}）: {clue}")
BRANCHES: Mapping[Branch, Phrase] = {
    Branch.DATA: Phrase("data", "データ"),
    Branch.MODEL: Phrase("model", "モデル"),
    Branch.SETTING: Phrase("setting", "設定"),
}
CLUES: Mapping[Clue, Phrase] = {
    Clue.CHECK_FAILED: Phrase(
        "read the error. Most often it is the table's file or the access to the table.",
        "エラーの内容を確認してください。多くはテーブルの設定ファイルかアクセス権が原因です。",
    ),
    Clue.NOT_ARRIVED: Phrase(
        "did the job that writes this table run, and for this day? If not, start it again.",
        "このテーブルを作るジョブは、この日の分を実行しましたか。まだなら再実行してください。",
    ),
    Clue.SCHEMA: Phrase(
        "{about}: changed on purpose? Then adapt the table's file. If not, put the column back.",
        "{about} の変更は意図したものですか。意図どおりなら設定を合わせ、違うなら列を戻してください。",
    ),
    Clue.BROKEN_ROWS: Phrase(
        "the job that writes this table, and what feeds it: its rows are not as they always were.",
        "このテーブルを作るジョブとその入力を確認してください。行の様子がいつもと違います。",
    ),
    Clue.DELIVERIES_STOPPED: Phrase(
        "deliveries stopped{about}: look at the sending job.",
        "配信が止まっています{about}。配信ジョブを確認してください。",
    ),
    Clue.ALL_ZERO: Phrase(
        "everything is 0{about}: look at what feeds the table, then at the service itself.",
        "すべて0です{about}。まず入力元、次にサービス自体を確認してください。",
    ),
    Clue.ONE_ZERO: Phrase(
        "only {about} fell to 0: look at where it is logged, then at the feature itself.",
        "{about} だけが0です。まずログの取得箇所、次に機能自体を確認してください。",
    ),
    Clue.BOTS: Phrase(
        "{about} went up, but nothing came of it: looks like bots. Filter them out, then check again.",
        "{about} だけが増え、成果は増えていません。ボットのようなら除外して再チェックしてください。",
    ),
    Clue.EVENT: Phrase(
        "{about} is on or next to this day. If the number is right, the model did not know: tune it.",
        "{about} の当日または前後です。数値が正しければ、モデルを調整してください。",
    ),
    Clue.NEW_LEVEL: Phrase(
        "{number:day|days} now: it may be the new normal. Decide whether it is still worth an alert.",
        "{number}日続いています。新しい水準かもしれません。アラートが必要か見直してください。",
    ),
    Clue.MANY_WEAK: Phrase(
        "many KPIs are only just outside: the table's sensitivity may be too high.",
        "多くのKPIがわずかに外れています。感度の設定が高すぎるかもしれません。",
    ),
    Clue.ALL_TOGETHER: Phrase(
        "all KPIs moved together: are rows missing, or there twice? If not, it is real: tell the team.",
        "全KPIが同じ向きに動きました。行の欠落や重複がなければ実際の変化です。チームに共有してください。",
    ),
    Clue.ONE_SEGMENT: Phrase(
        "only {about} is affected: look at what feeds it.",
        "{about} だけの異常です。その入力元を確認してください。",
    ),
    Clue.DRIFT: Phrase(
        "no single bad day, but a trend. Compare with releases since it began; if it is real, tell the team.",
        "1日だけの異常ではなく傾向です。始まった頃のリリースを確認し、実際の変化なら共有してください。",
    ),
    Clue.NONE: Phrase(
        "does the dashboard show the same? Then look at that day's releases and campaigns.",
        "ダッシュボードでも同じですか。同じなら、その日のリリースや施策を確認してください。",
    ),
}
AFFECTED = Phrase("look at what feeds {about}.", "{about} の入力元を確認してください。")
"""Of one segment, where the alert has something else too; of several."""
IN_PART = Phrase(" in {part}", "（{part}）")

GUIDE = Phrase("What to do", "対応の手順")
GUIDE_DATA = Phrase(
    "Data: the number is wrong → repair the data, then have {day} checked again: "
    "sekisho check {table} {date}",
    "データ: 数値が誤り → データを直し、{day}分を再チェックします: sekisho check {table} {date}",
)
GUIDE_MODEL = Phrase(
    "Model: the number is right and could be expected → enter the event in the calendar, or tune the model.",
    "モデル: 数値は正しく、予想できた → イベントをカレンダーに登録するか、モデルを調整します。",
)
GUIDE_SETTING = Phrase(
    "Setting: right, but not worth an alert → review the KPI or its setting in {where}.",
    "設定: 通知するほどではない → KPIまたは設定を見直します（{where}）。",
)
NOTE_IT = Phrase(
    "Then note what it was: sekisho respond {table} {date} --branch data, model or setting",
    "最後に原因を記録します: sekisho respond {table} {date} --branch（data・model・setting のいずれか）",
)
DASHBOARD = Phrase("Dashboard", "ダッシュボード")
