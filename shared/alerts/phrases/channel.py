"""What channels add to what a message says."""

from shared.alerts.phrases.phrase import Phrase

CHART_MISSING = Phrase("The chart is missing: {why}.", "グラフを表示できません: {why}")
NOT_DRAWN = Phrase("it could not be drawn ({why})", "描画できませんでした（{why}）")
NOT_UPLOADED = Phrase("Slack did not take it ({why})", "Slackに送れませんでした（{why}）")
CUT = Phrase("… (shortened)", "…（以下略）")
