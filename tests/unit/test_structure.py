"""Structure: amounts, addresses, ways of contact and kinds of signs, however a post writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.features import is_word
from shared.spam.structure import LONGEST_READ, signs, spans
from shared.spam.text import readable


def of(html: str) -> list[str]:
    """The structural tokens of a body, as they are made of a post."""
    return list(signs(readable(html), html))


def named(kind: str, html: str) -> list[str]:
    """What the tokens of one kind say."""
    found = [token.partition(":") for token in of(html)]
    return list(dict.fromkeys(value for name, _, value in found if name == kind))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("¥3,000", "¥:3e3"),
        ("￥３０００", "¥:3e3"),
        ("5,000円", "円:3e3"),
        ("５０００円", "円:3e3"),
        ("3万円", "円:3e4"),
        ("1.5万円", "円:1e4"),
        ("月収100万円以上", "円:1e6"),
        ("1億円", "円:1e8"),
        ("5千円", "円:3e3"),
        ("¥5万", "¥:3e4"),
        ("$5k", "$:3e3"),
        ("$1,200.50 a week", "$:1e3"),
        ("€ 20", "€:1e1"),
        ("$2 million", "$:1e6"),
        ("10k", "k:1e4"),
        ("10kの報酬", "k:1e4"),
        ("300 USD", "usd:3e2"),
        ("300USDです", "usd:3e2"),
        ("20 dollars", "dollars:1e1"),
        ("500ドル", "ドル:3e2"),
    ],
)
def test_an_amount_is_told_by_its_currency_and_band(text: str, amount: str) -> None:
    assert named("amount", text) == [amount]
    assert "amount" in named("has", text)


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("0", "0"),
        ("0.99", "0"),
        ("1", "1e0"),
        ("2.99", "1e0"),
        ("3", "3e0"),
        ("9.99", "3e0"),
        ("10", "1e1"),
        ("2,999.99", "1e3"),
        ("3,000", "3e3"),
        ("9,999.99", "3e3"),
        ("10,000", "1e4"),
        ("999,999,999,999", "3e11"),
    ],
)
def test_a_band_begins_at_1_and_at_3_of_every_power_of_ten(amount: str, band: str) -> None:
    assert named("amount", f"${amount}") == [f"$:{band}"]


@pytest.mark.parametrize(
    "text", ["10km", "5 kilos", "3 dollarsign", "万円", "円 3", "1,2,3", "$", "ドル", "k"]
)
def test_numbers_without_a_currency_and_currencies_without_a_number_are_no_amounts(text: str) -> None:
    assert named("amount", text) == []


def test_amounts_nobody_wrote_before_are_the_same_sign() -> None:
    assert named("amount", "報酬は12,345円") == named("amount", "報酬は29,876円")
    assert named("amount", "報酬は12,345円") != named("amount", "報酬は30,000円")


# Addresses


@pytest.mark.parametrize(
    ("html", "host"),
    [
        ('<a href="https://Evil.Example/path?q=1">here</a>', "evil.example"),
        ('<img src="http://www.evil.example:8080/x.png">', "evil.example"),
        ("see https://evil.example.", "evil.example"),
        ("HTTPS://EVIL.EXAMPLE/", "evil.example"),
        ("https://evil.exampleをご覧ください", "evil.example"),
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("ＥＸＡＭＰＬＥ．ＣＯＭ", "example.com"),
        ("詳細はexample.comで", "example.com"),
        ("visit shop.example.co.jp today", "shop.example.co.jp"),
        ("bit.ly/3xYz", "bit.ly"),
        ("(t.me/abc)", "t.me"),
        ("example.com.", "example.com"),
    ],
)
def test_a_host_is_found_behind_a_link_and_in_the_text(html: str, host: str) -> None:
    assert named("host", html) == [host]
    assert "host" in named("has", html)


def test_a_link_that_is_also_shown_is_one_host() -> None:
    assert named("host", '<a href="https://bit.ly/abc">https://www.bit.ly/abc</a> bit.ly') == ["bit.ly"]


def test_hosts_are_told_in_the_same_order_every_time() -> None:
    found = named("host", "b.com a.com https://c.example")
    assert found == sorted(found)
    assert len(found) == 3


@pytest.mark.parametrize(
    "text", ["https://", "https://...", "http://-", "3.14", "e.g. this", "file.txt", "...com", ""]
)
def test_what_names_no_host_is_none(text: str) -> None:
    assert named("host", text) == []
    assert "host" not in named("has", text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("user@example.com", "example.com"),
        ("連絡先はuser.name+tag@mail.example.co.jpまで", "mail.example.co.jp"),
        ("「" + "長い文" * 40 + "user@example.com」", "example.com"),
        ("<user@example.com>".replace("<", "&lt;").replace(">", "&gt;"), "example.com"),
        ("Ｕｓｅｒ＠Ｅｘａｍｐｌｅ．ｃｏｍ", "example.com"),
    ],
)
def test_a_mail_address_is_told_by_its_host(text: str, host: str) -> None:
    assert named("mail", text) == [host]
    assert "mail" in named("has", text)
    assert named("host", text) == []


@pytest.mark.parametrize("text", ["@user", "user@", "user@localhost", "@ example.com", "a @ b.c"])
def test_what_is_no_mail_address_is_none(text: str) -> None:
    assert named("mail", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "090-1234-5678",
        "０９０－１２３４－５６７８",
        "09012345678",
        "03-1234-5678",
        "0120-123-456",
        "+81 90-1234-5678",
        "+1 (555) 123 4567",
        "tel.090-1234-5678",
        "Call 090-1234-5678.",
        "電話は090-1234-5678まで",
    ],
)
def test_a_phone_number_is_found(text: str) -> None:
    assert "phone" in named("has", text)


@pytest.mark.parametrize(
    "text", ["2026-11-22", "1,000,000", "3.141592653", "10:30-11:00", "0", "0.5", "123456789012"]
)
def test_dates_and_other_numbers_are_no_phone_numbers(text: str) -> None:
    assert "phone" not in named("has", text)


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("LINE登録で", ["line"]),
        ("公式LINEに追加", ["line"]),
        ("ＬＩＮＥ＠", ["line"]),
        ("line_id: abc", ["line"]),
        ("Add me on Telegram or WhatsApp!", ["telegram", "whatsapp"]),
        ("ラインかカカオで", ["ライン", "カカオ"]),
        ("ﾗｲﾝ", ["ライン"]),
        ("online offline lineage airlines", []),
        ("", []),
    ],
)
def test_ways_of_contact_are_found_in_any_script_and_not_within_other_words(
    text: str, contact: list[str]
) -> None:
    assert named("contact", text) == contact


@pytest.mark.parametrize(
    ("text", "wage"),
    [
        ("時給1,500円", ["時給"]),
        ("月収100万、年収も", ["月収", "年収"]),
        ("$20/hour", ["hour"]),
        ("$500 per week", ["week"]),
        ("$15 an hour, $100 a day", ["hour", "day"]),
        ("500 data days, 3 mayday", []),
        ("2 panama year", []),
    ],
)
def test_what_is_paid_for_is_told(text: str, wage: list[str]) -> None:
    assert named("wage", text) == wage


# Kinds of signs


@pytest.mark.parametrize(
    ("text", "sign"), [("a!", "!"), ("a!!", "!!"), ("!a!!", "!!!"), ("a!?!!!!", "!!!"), ("a！", "!")]
)
def test_a_sign_is_told_once_twice_or_many_times(text: str, sign: str) -> None:
    assert sign in named("sign", text)
    assert [found for found in named("sign", text) if found[0] == "!"] == [sign]


@pytest.mark.parametrize(
    ("text", "token", "where"),
    [
        ("高収入!今だけ!急げ!", "sign:!!!", ["!", "!", "!"]),
        ("すごい!!! 急げ!", "sign:!!!", ["!!!", "!"]),
        ("a!!!!!", "sign:!!!", ["!!!!!"]),
        ("a?b?", "sign:??", ["?", "?"]),
        ("a!b", "sign:!", ["!"]),
        ("a|b", "sign:|", ["|"]),
        ("a?b", "sign:!", []),
        ("a", "sign:", []),
    ],
)
def test_a_sign_s_places_are_wherever_it_stands_however_often_it_is_told(
    text: str, token: str, where: list[str]
) -> None:
    assert [text[start:end] for start, end in spans(text, token)] == where


@pytest.mark.parametrize("text", ["高収入!今だけ!急げ!", "★a★b", "a!?b!?c!?d!", "【急募】"])
def test_every_sign_that_is_told_has_a_place(text: str) -> None:
    told = [f"sign:{sign}" for sign in named("sign", text)]
    assert told
    assert all(list(spans(readable(text), token)) for token in told)


@pytest.mark.parametrize(
    ("text", "signs_share", "digits_share"),
    [
        ("a", "0", "0"),
        ("a!", "10", "0"),
        ("1", "0", "10"),
        ("a" * 30 + "!", "0", "0"),
        ("a" * 29 + "!", "1", "0"),
        ("a" * 28 + "!!", "2", "0"),
        ("a" * 20 + "1" * 10, "0", "10"),
        ("a" * 21 + "1" * 9, "0", "9"),
        ("a ! " + " " * 100, "10", "0"),
    ],
)
def test_shares_are_told_in_thirtieths_up_to_a_third_of_what_is_no_space(
    text: str, signs_share: str, digits_share: str
) -> None:
    assert named("share of signs", text) == [signs_share]
    assert named("share of digits", text) == [digits_share]


@pytest.mark.parametrize(
    ("letters", "length"), [(1, "1"), (2, "2"), (3, "2"), (4, "3"), (1_023, "10"), (1_024, "11")]
)
def test_a_length_doubles_from_band_to_band(letters: int, length: str) -> None:
    assert named("length", "あ" * letters) == [length]


@pytest.mark.parametrize(
    ("text", "digits"), [("7 and 42 and 43", ["1", "2"]), ("1" * 12, ["12"]), ("1" * 40, ["12"]), ("x", [])]
)
def test_numbers_are_told_by_how_many_digits_they_have(text: str, digits: list[str]) -> None:
    assert named("number", text) == digits


@pytest.mark.parametrize("text", ["", " ", "!", "★☆★", "😀😀😀", "$$$", "___", "¥ %"])
def test_decorations_without_a_letter_or_number_say_nothing_but_where_they_lead(text: str) -> None:
    assert of(text) == []
    assert of(f'<a href="https://evil.example">{text}</a>') == ["host:evil.example", "has:host"]


def test_a_percentage_is_told() -> None:
    assert "percent" in named("has", "利益率 90%")
    assert "percent" in named("has", "100 ％")
    assert "percent" not in named("has", "% off")


def test_no_more_of_a_long_post_is_read_than_is_needed() -> None:
    hidden = "あ" * LONGEST_READ + " LINE 100円 https://evil.example"
    assert {token.partition(":")[0] for token in signs(hidden, hidden)} == {
        "share of signs",
        "share of digits",
        "length",
    }


@given(st.text(), st.text())
def test_any_text_has_signs_and_none_looks_like_a_word(text: str, html: str) -> None:
    found = list(signs(readable(text), html))
    assert found == list(signs(readable(text), html))
    assert not any(is_word(token) for token in found)
    assert all(token == token.strip() for token in found)


PIECES = [
    "0",
    "1",
    "9",
    ",",
    ".",
    "-",
    " ",
    "(",
    ")",
    "+",
    "@",
    "a",
    "www.",
    "http://",
    "com",
    "円",
    "万",
    "$",
    "k",
    "あ",
    "٣",
    "²",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_what_looks_like_an_amount_or_an_address_never_fails(text: str) -> None:
    found = list(signs(readable(text), text))
    assert not any(token.endswith(":") for token in found)


HOSTILE = [
    "0",
    "9",
    ",",
    "1,",
    "a",
    "a.",
    "-",
    "a-",
    "a@",
    "a@a.",
    "+0",
    "0-",
    "0 (",
    "$1",
    "$",
    "http://",
    "www.",
    "http://www.",
    "per ",
    "! ",
    "あ",
    "12345678901234 ",
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_long(piece: str) -> None:
    """200,000 characters of each: what backtracks over them would not be done within the test's minute."""
    text = "x" + piece * (200_000 // len(piece))
    assert f"length:{sum(map(len, text[:LONGEST_READ].split())).bit_length()}" in list(signs(text, text))
