"""What is said of a table's rows: of every kind of finding what is wrong, in short, and that it is over."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.alerts.phrases.phrase import Phrase
from shared.kpi.arrival.findings import FindingKind


@dataclass(frozen=True)
class FindingWords:
    """A kind of finding: `told` in alerts with its facts, `brief` in summaries, `over` when it is mended."""

    told: Phrase
    brief: Phrase
    over: Phrase


FINDINGS: Mapping[FindingKind, FindingWords] = {
    FindingKind.TABLE_MISSING: FindingWords(
        Phrase("the table is not there", "テーブルがありません"),
        Phrase("no such table", "テーブルなし"),
        Phrase("the table is there", "テーブルの存在"),
    ),
    FindingKind.NO_ROWS: FindingWords(
        Phrase("no rows for {day}", "{day}分の行がありません"),
        Phrase("no rows", "行なし"),
        Phrase("the rows are there", "行の到着"),
    ),
    FindingKind.PARTIAL_DAY: FindingWords(
        Phrase(
            "{day} is not complete: {rows:row|rows} so far", "{day}分がまだ揃っていません（現在{rows}行）"
        ),
        Phrase("only a part of the day", "1日の途中まで"),
        Phrase("the day is complete", "1日分の到着"),
    ),
    FindingKind.FEW_ROWS: FindingWords(
        Phrase("only {rows:row|rows}", "{rows}行しかありません"),
        Phrase("too few rows", "行数が少なすぎる"),
        Phrase("number of rows", "行数"),
    ),
    FindingKind.MANY_ROWS: FindingWords(
        Phrase("as many as {rows:row|rows}", "{rows}行もあります"),
        Phrase("too many rows", "行数が多すぎる"),
        Phrase("number of rows", "行数"),
    ),
    FindingKind.DUPLICATES: FindingWords(
        Phrase("{rows:row is|rows are} there twice", "重複した行が{rows}行あります"),
        Phrase("rows there twice", "重複した行"),
        Phrase("no row is there twice", "重複の解消"),
    ),
    FindingKind.COLUMN_DROPPED: FindingWords(
        Phrase("column {column} is gone", "列 {column} がなくなりました"),
        Phrase("column {column} gone", "列 {column} がなくなった"),
        Phrase("column {column}", "列 {column}"),
    ),
    FindingKind.COLUMN_RETYPED: FindingWords(
        Phrase(
            "column {column} is {now} now, was {before}",
            "列 {column} の型が {before} から {now} に変わりました",
        ),
        Phrase("column {column} of another type", "列 {column} の型が変わった"),
        Phrase("type of column {column}", "列 {column} の型"),
    ),
    FindingKind.COLUMN_ADDED: FindingWords(
        Phrase("column {column} is new", "列 {column} が増えました"),
        Phrase("column {column} new", "列 {column} が増えた"),
        Phrase("column {column}", "列 {column}"),
    ),
    FindingKind.ALL_NULL: FindingWords(
        Phrase("{column} is empty (NULL) in every row", "{column} が全行で空（NULL）です"),
        Phrase("{column} all empty", "{column} が全て空"),
        Phrase("values of {column}", "{column} の値"),
    ),
    FindingKind.STUCK: FindingWords(
        Phrase(
            "{column} never changes: the same for {days:day|days}",
            "{column} が{days}日間まったく同じ値です",
        ),
        Phrase("{column} never changes", "{column} が変わらない"),
        Phrase("values of {column}", "{column} の値"),
    ),
    FindingKind.IMPOSSIBLE_RATIO: FindingWords(
        Phrase(
            "{column} is {value}, but such a share can't be above 1 (at most {highest} until now)",
            "{column} が {value} です。1を超えるはずのない比率です（これまで最大 {highest}）",
        ),
        Phrase("{column} impossibly high", "{column} があり得ない値"),
        Phrase("values of {column}", "{column} の値"),
    ),
    FindingKind.SEGMENT_GONE: FindingWords(
        Phrase(
            "{column} has had no rows since {since}; it had {usual} a day",
            "{column} の行が{since}からありません（通常は1日{usual}行）",
        ),
        Phrase("{column} without rows", "{column} の行がない"),
        Phrase("rows of {column}", "{column} の行"),
    ),
    FindingKind.SEGMENT_NEW: FindingWords(
        Phrase("{column} is new: {rows:row|rows}", "{column} が新しく現れました（{rows}行）"),
        Phrase("{column} new", "{column} が新しく現れた"),
        Phrase("{column}", "{column}"),
    ),
}

PARTIAL_UNTIL = Phrase(
    "{day} is not complete: {rows:row|rows} until {last_at}, usually until {usual}",
    "{day}分がまだ揃っていません（{last_at}まで{rows}行、通常は{usual}まで）",
)
GONE_TOGETHER = Phrase(
    "{column} and {more} more have had no rows since {since}; together they had {usual} a day",
    "{column} ほか{more}件の行が{since}からありません（通常は合わせて1日{usual}行）",
)
GONE_TOGETHER_BRIEF = Phrase("{column} and {more} more without rows", "{column} ほか{more}件の行がない")
STUCK_ALONE = Phrase("{column} never changes any more", "{column} の値がまったく変わりません")
OF_PART = Phrase("{part}: {what}", "{part}: {what}")
USUALLY = Phrase("{what} (usually {usual})", "{what}（通常{usual}行）")
ABOUT = Phrase("about {number}", "約{number}")
NONE_SINCE = Phrase("{what}, the last came for {last}", "{what}。最後に届いたのは{last}分です")
RENAMED = Phrase("{what}, perhaps {column} now", "{what}。{column} に改名された可能性があります")

TITLE = Phrase("The data is not as it should be", "データの異常")
MUTED = Phrase("Not judged until it is repaired: {names}", "直るまで判定しないKPI: {names}")
FAILED_OVER = Phrase("the check works", "チェックの実行")
