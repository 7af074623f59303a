"""What stands at the top of an alert and on a phone's screen, and how an incident goes on and ends."""

from shared.alerts.phrases.phrase import Phrase

HEADLINE = Phrase("{table}: {what}", "{table}: {what}")
NAMED = Phrase("{kpi} {what}", "{kpi} {what}")
SINCE = Phrase("{what}, since {day}", "{what} – {day}から")
MORE = Phrase("{what} (+{more} more)", "{what}（ほか{more}件）")
COUNTED = Phrase("{what} (day {number})", "{what}（{number}日目）")

DAY_NUMBER = Phrase("day {number}", "{number}日目")
ANOTHER_LOOK = Phrase("checked again", "再チェックの結果")

FAILED = Phrase("{day} could not be checked", "{day}分をチェックできませんでした")
FAILED_BECAUSE = Phrase("Nothing is known about this day: {error}", "この日の状態は不明です: {error}")
FAILED_NEXT = Phrase(
    "The next hourly run tries again by itself. If it fails again, mend what the error names.",
    "次の1時間ごとの実行で自動的に再試行します。続く場合はエラーの原因を直してください。",
)

RECOVERED = Phrase("back to normal after {days:day|days}", "{days}日ぶりに正常に戻りました")
REPAIRED = Phrase("{day} is as it should be now", "{day}分は正常になりました")
NORMAL_AGAIN = Phrase("back to normal: {names}", "正常に戻ったもの: {names}")
TAKEN = Phrase("taken as how it is now: {names}", "現在の状態として扱います: {names}")
