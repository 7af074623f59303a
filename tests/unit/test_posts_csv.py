"""Posts in CSV files: real files, with everything that is wrong in them told by line and column."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.cli.posts_csv import BLOCK, UNDATED, read_labelled, read_posts
from shared.errors import BadRow
from shared.spam.labels import UNCLASSIFIED, Answer
from shared.spam.posts import LONGEST_BODY

HEADER = "post_id,posted_at,title,body,label,violation_class\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


def refusal(file: Path, content: str | bytes, labelled: bool = True) -> str:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadRow) as raised:
        read_labelled(file) if labelled else list(read_posts(file))
    message = str(raised.value)
    assert message.startswith(str(file))
    return message.removeprefix(str(file)).lstrip(", :")


def test_labelled_posts_come_oldest_first_in_utc(file: Path) -> None:
    file.write_text(
        HEADER + "b,2026-11-22T09:00:00+09:00,題,<p>二</p>,violation,paid_reviews\n"
        "a,2026-11-21,,一,ok,\n"
        "c,2026-11-23T00:00:00Z,,三,violation,\n"
    )
    found = read_labelled(file)
    assert [one.post.post_id for one in found] == ["a", "b", "c"]
    assert [one.post.posted_at for one in found] == [
        datetime(2026, 11, day, tzinfo=UTC) for day in (21, 22, 23)
    ]
    assert [one.answer for one in found] == [Answer.OK, Answer.VIOLATION, Answer.VIOLATION]
    assert [one.violation_class for one in found] == ["", "paid_reviews", UNCLASSIFIED]
    assert (found[1].post.title, found[1].post.body) == ("題", "<p>二</p>")


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01 10:00:00 UTC",
        "2026-05-01 10:00:00.000000 UTC",
        "2026-05-01 10:00:00",
        "2026-05-01 19:00:00+09",
        "2026-05-01T10:00Z",
    ],
)
def test_times_may_be_written_as_bigquery_extracts_them(text: str, file: Path) -> None:
    file.write_text(f"post_id,posted_at,body\na,{text},b\n")
    (post,) = read_posts(file)
    assert post.posted_at == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_columns_may_come_in_any_order_with_others_among_them(file: Path) -> None:
    file.write_text(" body ,x,post_id\n本文,1,p-1\n")
    (post,) = read_posts(file)
    assert (post.post_id, post.title, post.body, post.posted_at) == ("p-1", "", "本文", UNDATED)


@pytest.mark.parametrize(
    "content",
    [
        "post_id,body\r\na,一\r\n",
        "\ufeffpost_id,body\na,一\n",
        "post_id,body\na,一",
        "post_id,body\n\n\na,一\n\n",
        "\r\n,\r\npost_id,body\r\na,一\r\n",
    ],
    ids=["CRLF", "byte order mark", "no line break at the end", "empty lines", "empty lines above"],
)
def test_a_file_may_be_written_by_any_program(content: str, file: Path) -> None:
    file.write_bytes(content.encode())
    assert [(post.post_id, post.body) for post in read_posts(file)] == [("a", "一")]


def test_quotes_hold_commas_line_breaks_and_quotes(file: Path) -> None:
    file.write_text('post_id,body\na,"一,\n""二""\n\n三"\nb,四\n')
    assert [post.body for post in read_posts(file)] == ['一,\n"二"\n\n三', "四"]


def test_a_field_of_10_mb_is_read(file: Path) -> None:
    file.write_text("post_id,body\na," + "x" * 10_000_000 + "\n")
    (post,) = read_posts(file)
    assert len(post.body) == 10_000_000 > LONGEST_BODY


def test_a_file_of_a_header_alone_holds_no_posts(file: Path) -> None:
    file.write_text(HEADER)
    assert read_labelled(file) == []
    assert list(read_posts(file)) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: expected a column post_id and body and label, came an empty file"),
        ("id,text,label\n", "line 1: expected a column post_id and body, came id, text, label"),
        (
            "post_id;body;label\n",
            "line 1: expected a column post_id and body and label, came post_id;body;label",
        ),
        (HEADER + "a,,t,b\n", "line 2: expected 6 columns, came 4"),
        (HEADER + "a,,t,b,ok,,\n", "line 2: expected 6 columns, came 7"),
        (HEADER + ",,t,b,ok,\n", "line 2, column post_id: expected an id, came ''"),
        (HEADER + "  ,,t,b,ok,\n", "line 2, column post_id: expected an id"),
        (HEADER + "a,,t,b,spam,\n", "line 2, column label: expected violation or ok, came 'spam'"),
        (HEADER + "a,,t,b,OK,\n", "line 2, column label: expected violation or ok, came 'OK'"),
        (HEADER + "a,,t,b,,\n", "line 2, column label: expected violation or ok, came ''"),
        (HEADER + "a,,t,b,violation,Paid\n", "line 2, column violation_class: expected lower-case"),
        (HEADER + "a,,t,b,violation,有料\n", "line 2, column violation_class: expected lower-case"),
        (HEADER + "a,22.11.2026,t,b,ok,\n", "line 2, column posted_at: expected an ISO time"),
        (
            HEADER + "a,2026-05-01T10:00:00+09:00 UTC,t,b,ok,\n",
            "line 2, column posted_at: expected an ISO time",
        ),
        (HEADER + "a,2026-05-01 10:00:00 JST,t,b,ok,\n", "line 2, column posted_at: expected an ISO time"),
        (HEADER + "a,0001-01-01T00:00:00+09:00,t,b,ok,\n", "line 2, column posted_at: expected an ISO time"),
        (
            HEADER + "a,,t,b,ok,\nb,2026-11-22,t,b,ok,\n",
            "line 3, column posted_at: expected a time in every row",
        ),
        (
            HEADER + "b,2026-11-22,t,b,ok,\na,,t,b,ok,\n",
            "line 3, column posted_at: expected a time in every row",
        ),
        (
            HEADER + "a,,t,b,ok,\n\na,,t,b,ok,\n",
            "line 4, column post_id: expected each post once (it stands on line 2",
        ),
        (HEADER + 'a,,t,"一\n二\n三",ok,\nb,,t,b,no,\n', "line 5, column label"),
        (HEADER + 'a,,t,"一\r\n二",ok,\r\n\r\nb,,t,b,no,\r\n', "line 5, column label"),
        (
            HEADER + 'a,,t,b,ok,\nb,,t,"open,ok,\nc,,t,b,ok,\nd,,t,b,ok,\n',
            "line 3: expected CSV, came a quote that is never closed",
        ),
        (
            HEADER + 'a,,"one\ntwo","open ""twice""\n\nb,,t,b,ok,\n',
            "line 3: expected CSV, came a quote that is never closed",
        ),
        (HEADER + 'a,,t,b,ok,"', "line 2: expected CSV, came a quote that is never closed"),
        ('post_id,"body\na,b\n', "line 1: expected CSV, came a quote that is never closed"),
        (HEADER + 'a,,t,"b"x,ok,\n', "line 2: expected CSV, came "),
        ("\n,,\nid,body,label\n", "line 3: expected a column post_id, came id, body, label"),
        ("\n\n", "line 1: expected a column post_id and body and label, came an empty file"),
        ("post_id,body,label,body\n", "line 1: expected each column once, came body 2 times"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(content: str, told: str, file: Path) -> None:
    assert refusal(file, content).startswith(told)


def test_a_long_wrong_value_is_cut_in_the_message(file: Path) -> None:
    assert len(refusal(file, HEADER + f"a,,t,b,{'x' * 100_000},\n")) < 300


def test_a_shift_jis_file_is_told_how_to_become_utf_8(file: Path) -> None:
    told = refusal(file, (HEADER + "a,,t,b,ok,\nb,,題,本文,ok,\n").encode("cp932"))
    assert told.startswith("line 3: expected UTF-8, came what may be Shift_JIS")
    assert "iconv -f CP932 -t UTF-8" in told


def test_an_euc_jp_file_is_not_called_shift_jis(file: Path) -> None:
    told = refusal(file, (HEADER + "a,,t,b,ok,\nb,,題,誰でも簡単に稼げる,ok,\n").encode("euc_jp"))
    assert told.startswith("line 3: expected UTF-8, came what may be EUC-JP")
    assert "iconv -f EUC-JP -t UTF-8" in told


@pytest.mark.parametrize("text", ["誰でも簡単に稼げる副業です", "ｽﾏﾎだけでﾗｸﾗｸ", "ｶﾞﾝﾊﾞﾚ", "東京都港区"])
def test_shift_jis_is_not_called_euc_jp(text: str, file: Path) -> None:
    assert "Shift_JIS" in refusal(file, (HEADER + f"a,,{text},{text},ok,\n").encode("cp932"))


def test_a_spreadsheet_is_told_to_be_saved_as_csv(file: Path) -> None:
    with ZipFile(file, "w") as spreadsheet:
        spreadsheet.writestr("xl/worksheets/sheet1.xml", "<worksheet>本文</worksheet>")
    told = refusal(file, file.read_bytes())
    assert "came a spreadsheet or another zip file; save it as CSV" in told


@pytest.mark.parametrize(
    "line", [b"b,,caf\xe9,b,ok,\n", "b,,題".encode() + b"\xff,b,ok,\n"], ids=["Latin-1", "one broken byte"]
)
def test_a_broken_byte_is_told_by_its_line_and_not_called_shift_jis(line: bytes, file: Path) -> None:
    many = b"".join(f"n-{number},,t,b,ok,\n".encode() for number in range(5_000))
    told = refusal(file, HEADER.encode() + b'a,,t,"two\r\nlines",ok,\n' + many + line)
    assert told.startswith("line 5004: expected UTF-8, came byte 0x")
    assert "Shift_JIS" not in told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-16-le"])
def test_another_unicode_encoding_is_told_with_the_way_out(encoding: str, file: Path) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    told = refusal(file, (mark + HEADER).encode(encoding))
    name = encoding.upper()[:6]
    assert told.startswith("line 1: ")
    assert f"{name}, which becomes UTF-8 by: iconv -f {name}" in told
    assert "Shift_JIS" not in told


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("post_id;body;label", "(the columns are separated by ;, expected commas)"),
        ('"post_id"\t"body"\t"label"', "(the columns are separated by tabs, expected commas)"),
        ("Post_ID,Body,LABEL", "(names of columns are lower case)"),
        (
            "Post_ID;Body;Label",
            "(the columns are separated by ;, expected commas; names of columns are lower case)",
        ),
    ],
)
def test_a_header_that_is_almost_right_is_told_why_not(header: str, hint: str, file: Path) -> None:
    assert refusal(file, header + "\n").endswith(hint)


def test_a_header_of_other_names_gets_no_hint(file: Path) -> None:
    assert refusal(file, "id;text;label\n").endswith("came id;text;label")


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path, "Is a directory"), (tmp_path / "none.csv", "No such file")):
        with pytest.raises(BadRow, match=f"expected a CSV file, came {told}"):
            read_labelled(path)


def test_a_post_may_be_judged_twice_but_teaches_once(file: Path) -> None:
    file.write_text("post_id,body\na,一\na,二\n")
    assert [post.body for post in read_posts(file)] == ["一", "二"]


def undated(file: Path, bodies: list[str]) -> list[str]:
    rows = "".join(f"p-{number:03d},{body},ok\n" for number, body in enumerate(bodies))
    file.write_text("post_id,body,label\n" + rows)
    return [one.post.post_id for one in read_labelled(file)]


def test_of_an_undated_file_every_fifth_block_examines(file: Path) -> None:
    found = undated(file, [f"本文{number}" for number in range(10 * BLOCK)])
    expected = {f"p-{number:03d}" for number in range(10 * BLOCK) if number // BLOCK % 5 == 4}
    assert set(found[-2 * BLOCK :]) == expected
    assert sorted(found) == [f"p-{number:03d}" for number in range(10 * BLOCK)]


def test_copies_of_a_text_in_an_undated_file_stay_on_the_side_of_the_first(file: Path) -> None:
    bodies = [f"本文{number}" for number in range(10 * BLOCK)]
    bodies[4 * BLOCK] = bodies[0]
    found = undated(file, bodies)
    assert f"p-{4 * BLOCK:03d}" not in found[-2 * BLOCK :]
