"""Evasion: what a person reads in a masked word, and that ordinary text has none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.evasion import MOST_FOUND, unmasked
from shared.spam.features import Featurizer
from shared.spam.posts import Post
from shared.spam.text import readable

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def of(html: str) -> list[tuple[str, str]]:
    """The masked words of a title or body, as they are looked for in a post."""
    return [(one.text, one.kind) for one in unmasked(readable(html))]


@pytest.mark.parametrize(
    ("html", "read", "kind"),
    [
        ("稼 げ る", "稼げる", "spaced"),
        ("稼　げ　る", "稼げる", "spaced"),
        ("誰でも簡単に稼 げ る方法", "稼げる", "spaced"),
        ("お 金 を 稼 ぐ", "お金を稼ぐ", "spaced"),
        ("f r e e", "free", "spaced"),
        ("F R E E", "free", "spaced"),
        ("ｆ ｒ ｅ ｅ", "free", "spaced"),
        ("<b>f</b> r&nbsp;e <i>e</i>", "free", "spaced"),
        ("f r e e!", "free", "spaced"),
        ("(c a s h)", "cash", "spaced"),
        ("з а р", "зар", "spaced"),
        ("副・業・可", "副業可", "dotted"),
        ("副･業･可", "副業可", "dotted"),
        ("稼/げ/る", "稼げる", "dotted"),
        ("c.a.s.h", "cash", "dotted"),
        ("C-A-S-H", "cash", "dotted"),
        ("c_a_s_h", "cash", "dotted"),
        ("c*a*s*h", "cash", "dotted"),
        ("c|a|s|h", "cash", "dotted"),
        ("c~a~s~h", "cash", "dotted"),
        ("c,a,s,h", "cash", "dotted"),
        ("副、業、可", "副業可", "dotted"),
        ("сash", "cash", "lookalike"),  # Cyrillic с
        ("СASH", "cash", "lookalike"),
        ("bitсоin", "bitcoin", "lookalike"),
        ("mοney", "money", "lookalike"),  # Greek ο
        ("frее", "free", "lookalike"),
        ("ア力ウント", "アカウント", "lookalike"),  # kanji 力
        ("ギャンブ卜ル", "ギャンブトル", "lookalike"),
        ("ｱ力ｳﾝﾄ", "アカウント", "lookalike"),
        ("サイ二ング", "サイニング", "lookalike"),
        ("fr3e", "free", "leet"),
        ("c@sh", "cash", "leet"),
        ("ca$h", "cash", "leet"),
        ("m0n3y", "money", "leet"),
        ("M0NEY!", "money", "leet"),
        ("pr0fit.", "profit", "leet"),
        ("一攫千金の cr3dit です", "credit", "leet"),
    ],
)
def test_a_masked_word_is_read_as_a_person_reads_it(html: str, read: str, kind: str) -> None:
    assert of(html) == [(read, kind)]


@pytest.mark.parametrize(
    "html",
    [
        "",
        " ",
        "a",
        "a b",
        "a b cd",
        "a bc d",
        "i am a person",
        "花 を見る",
        "稼げる",
        "稼 げる",
        "東京・大阪・名古屋",
        "A・B",
        "副業・在宅ワーク可",
        "e.g. this, i.e. that",
        "N/A",
        "and/or",
        "mp3, mp4 and h264",
        "H.264",
        "C++ and C#",
        "version 1.2.3.4",
        "v2.0.1-beta",
        "2026-11-22 10:30",
        "2026/11/22",
        "1 2 3 4",
        "1,2,3,4",
        "1・2・3",
        "¥1,000,000",
        "user@example.com",
        "first.last@mail.example.co.jp",
        "https://example.com/a1/b2?c=3",
        "log4j.org",
        "co2 h2o 4k 5g a4 b2b",
        "привет как дела",
        "Съешь ещё этих мягких французских булок",
        "καλημέρα κόσμε",
        "α version",
        "Москва (Moscow)",
        "カタカナ ばかり の 文",
        "東京 と 大阪 の 会社",
        "花 と 鳥 の 絵 を 見る",
        "学生 や 主婦 に も",
        "ネット口コミの投稿",
        "二人でカメラ",
        "工場と夕方の力仕事",
        "人口二万人",
        "３０分",
        "it's a dog's life, isn't it?",
        "rock 'n' roll",
        "---",
        "...",
        "- - -",
        "_ _ _",
    ],
)
def test_ordinary_text_is_not_masked(html: str) -> None:
    assert of(html) == []


@pytest.mark.parametrize(
    ("text", "masked", "read", "kind"),
    [
        ("今すぐc.a.s.i.n.oで", "c.a.s.i.n.o", "casino", "dotted"),
        ("今すぐc・a・s・hを", "c・a・s・h", "cash", "dotted"),
        ("夜のs.e.xフレ", "s.e.x", "sex", "dotted"),
        ("今すぐf r e eで遊ぶ", "f r e e", "free", "spaced"),
        ("無料w i n", "w i n", "win", "spaced"),
        ("誰でも稼・げ・る副業", "稼・げ・る", "稼げる", "dotted"),
        ("誰でも稼★げ★る副業", "稼★げ★る", "稼げる", "dotted"),
        ("誰でも稼/げ/るよ", "稼/げ/る", "稼げる", "dotted"),
        ("誰でも稼・げ・ます!", "稼・げ・ま", "稼げま", "dotted"),
        ("すぐに稼・げ・ました", "稼・げ・ま", "稼げま", "dotted"),
        ("誰でもか・せ・げ・るから", "か・せ・げ・る", "かせげる", "dotted"),
        ("みなさんか・せ・ぐなら", "か・せ・ぐ", "かせぐ", "dotted"),
        ("バ.イ.ト募集", "バ.イ.ト", "バイト", "dotted"),
        ("高収入バ・イ・ト", "バ・イ・ト", "バイト", "dotted"),
        ("スマホギ・ャ・ン・ブ・ル", "ギ・ャ・ン・ブ・ル", "ギャンブル", "dotted"),
        ("スマホバ★イ★ト生活", "バ★イ★ト", "バイト", "dotted"),
        ("今日はラ・イ・ンで連絡", "ラ・イ・ン", "ライン", "dotted"),
        ("カ・ジ・ノで遊ぶ", "カ・ジ・ノ", "カジノ", "dotted"),
        ("良い出・会・いを", "出・会・い", "出会い", "dotted"),
        ("簡単な副.業.可です", "副.業.可", "副業可", "dotted"),
        ("簡単副.業.可です", "副.業.可", "副業可", "dotted"),
        ("黒のt.シ.ャ.ツを", "t.シ.ャ.ツ", "tシャツ", "dotted"),
        ("今だけc.a.s.h5万", "c.a.s", "cas", "dotted"),
        ("月収稼 げ る副業", "稼 げ る", "稼げる", "spaced"),
        ("高収 副 業 可 能", "副 業 可 能", "副業可能", "spaced"),
        ("ここc.a.s.h.で", "c.a.s.h", "cash", "dotted"),
        ("安心の副★業★可!", "副★業★可", "副業可", "dotted"),
    ],
)
def test_a_masked_word_amid_japanese_is_read_where_it_stands(
    text: str, masked: str, read: str, kind: str
) -> None:
    [found] = unmasked(text)
    assert (found.text, found.kind, text[found.start : found.end]) == (read, kind, masked)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("誰でも稼・げ・る副業", "稼げる"),
        ("誰でも稼・げ・ます", "稼げる"),
        ("みなさんか・せ・ぐなら", "かせぐ"),
        ("バ.イ.ト募集", "バイト"),
        ("今日はラ・イ・ンで連絡", "ライン"),
        ("簡単副.業.可です", "副業"),
        ("今すぐc.a.s.i.n.oで", "casino"),
    ],
)
def test_a_filter_counts_the_word_hidden_amid_japanese(text: str, word: str, featurizer: Featurizer) -> None:
    assert word in featurizer.named(["words"]).tokens(Post("p", 1, NOW, NOW, "題", text)).named


@pytest.mark.parametrize(
    "text",
    [
        "レオナルド・ダ・ヴィンチの絵",
        "レオナルド.ダ.ヴィンチの絵",
        "オイシックス・ラ・大地の野菜",
        "画家レオナルド・ダ・ヴィンチ",
        "ジョン・F・ケネディ大統領",
        "ジャン・ド・ラ・フォンテーヌの詩",
        "ア・ラ・カルトで注文",
        "ル・コルビュジエ",
        "勤務は月・水・金です",
        "月・水・金",
        "月 火 水 木 金",
        "土日・月・火の夜",
        "東・西・南・北",
        "大・中・小の三種",
        "うちは犬・猫・鳥がいます",
        "犬・猫・うさぎから選ぶ",
        "男/女/他から選ぶ",
        "分類は犬・猫・Xから選ぶ",
        "りんご・梨・桃を送ります",
        "お茶・水・お菓子つき",
        "食べ物・服・飲み物を持参",
        "私は、父、母と、兄と",
        "え、あ、いや違う",
        "そうだ~よ~ね~",
        "今年の○月○日○時に",
        "住所は○県○市○町です",
        "ア・イ・ウから選ぶ",
        "ド・レ・ミ・ファ・ソ・ラ・シの音",
        "ひらがなのか・き・く・け・こ、サ・シ・スと濁ったが・ぎ・ぐを書く",
        "セリエA・ラ・リーガの試合",
        "場所・人・時のすり替え",
        "松・竹・梅の三つ",
        "答えはa・b・cから",
        "サイズはs/m/lの三つ",
        "a.b.cの順",
        "変数x,y,zを",
        "J・F・Kの演説",
        "円周率は3.1.4ではなく3.14です",
        "版は1.2.3aです",
        "日本とU.S.A.の間",
        "the U.S.A. and a Ph.D., e.g. at 9 a.m.",
        "日程は2026.11.22、場所はexample.co.jpの",
        "みんな・の・家",
        "夏★祭り★開催",
        "(・ω・)と(´・ω・`)",
        "t_tでo_oな",
        "社会保険完備(雇・労・健・厚)",
        "対応言語:日・英・中・韓",
        "対象は英・数・国・理・社です",
        "色:赤/青/黄/緑",
        "ア・ウ・エから正しいもの",
        "契・派・アの別",
        "い・ろ・は順",
        "パート 募集 中 です 週 3 日",
        "生 ビール 中 ジョッキ",
        "学年:小・中・高",
    ],
)
def test_lists_and_names_amid_japanese_are_not_masked(text: str) -> None:
    assert of(text) == []


@pytest.mark.parametrize("html", ["春・夏・秋・冬", "U.S.A.", "A/B/C", "x y z", "sha1sum"])
def test_ordinary_text_that_looks_masked_only_says_what_it_says(html: str) -> None:
    """An enumeration of letters can't be told from a dotted word: what it is read as holds nothing else."""
    letters = set(readable(html)) | {"l"}
    assert all(set(read) <= letters for read, _ in of(html))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("get f r e e now", "f r e e"),
        ("簡単に稼 げ る方", "稼 げ る"),
        ("a сash prize", "сash"),
        ("my m0ney", "m0ney"),
    ],
)
def test_a_masked_word_is_known_by_where_it_stands(text: str, masked: str) -> None:
    [found] = unmasked(text)
    assert text[found.start : found.end] == masked


def test_what_was_written_is_judged_besides_what_is_read_in_it(featurizer: Featurizer) -> None:
    masked = featurizer.tokens(Post("p", 1, NOW, NOW, "", "今すぐ f r e e"))
    plain = featurizer.tokens(Post("p", 1, NOW, NOW, "", "今すぐ free"))
    assert {"f", "r", "e", "free"} <= set(masked.named)
    assert "mask:spaced" in masked.named
    assert "mask:spaced" not in plain.named
    assert "free" in plain.named


@pytest.mark.parametrize(
    ("html", "word", "kind"),
    [
        ("今なら 稼 げ る!", "稼げる", "spaced"),
        ("今すぐ 稼 げ る 副業", "稼げる", "spaced"),
        ("誰でも簡単に稼 げ る方法", "稼げる", "spaced"),
        ("<p>副・業</p><p>副・業・可</p>", "副業", "dotted"),
        ("c.a.s.h", "cash", "dotted"),
        ("ア力ウント", "アカウント", "lookalike"),
        ("Get саsh now", "cash", "lookalike"),
        ("fr3e", "free", "leet"),
    ],
)
@pytest.mark.parametrize("in_title", [True, False])
def test_a_filter_counts_the_word_and_how_it_was_masked(
    html: str, word: str, kind: str, in_title: bool, featurizer: Featurizer
) -> None:
    title, body = (html, "本文") if in_title else ("題", html)
    named = featurizer.named(["words", "masks"]).tokens(Post("p", 1, NOW, NOW, title, body)).named
    assert word in named
    assert f"mask:{kind}" in named


def test_several_masked_words_are_found_of_every_kind() -> None:
    found = of("f r e e, c.a.s.h; b.o.n.u.s | m0ney ア力ウント саsh w i n")
    assert sorted(found) == sorted(
        [
            ("free", "spaced"),
            ("win", "spaced"),
            ("cash", "dotted"),
            ("bonus", "dotted"),
            ("money", "leet"),
            ("アカウント", "lookalike"),
            ("cash", "lookalike"),
        ]
    )


@pytest.mark.parametrize(
    ("masked", "kind"),
    [
        ("f r e e", "spaced"),
        ("c.a.s.h", "dotted"),
        ("сash", "lookalike"),
        ("ア力ウント", "lookalike"),
        ("fr3e", "leet"),
    ],
)
def test_of_a_post_of_nothing_but_masked_words_so_many_are_looked_into(masked: str, kind: str) -> None:
    found = unmasked(" and ".join([masked] * (MOST_FOUND + 50)))
    assert len(found) == MOST_FOUND
    assert {one.kind for one in found} == {kind}


@pytest.mark.parametrize(
    ("ordinary", "masked"),
    [
        ("カタカナ の ", "ア力ウント"),
        ("word 言葉 слово ", "сash"),
        ("word ", "fr3e"),
        ("word ", "f r e e"),
        ("word ", "c.a.s.h"),
    ],
)
def test_a_masked_word_behind_any_number_of_ordinary_ones_is_found(ordinary: str, masked: str) -> None:
    before = ordinary * (10 * MOST_FOUND)
    [expected], [found] = unmasked(masked), unmasked(before + masked)
    assert (found.text, found.kind) == (expected.text, expected.kind)
    assert (found.start, found.end) == (len(before), len(before) + len(masked))


def test_a_long_run_of_single_letters_is_found_in_pieces() -> None:
    found = unmasked("稼 げ る " * 1_000)
    assert {one.kind for one in found} == {"spaced"}
    assert all("稼げる" in one.text for one in found)
    assert max(len(one.text) for one in found) < 50


@given(st.text())
def test_any_text_can_be_looked_into(text: str) -> None:
    found = unmasked(readable(text))
    assert found == unmasked(readable(text))
    assert all(one.text and one.kind in ("spaced", "dotted", "lookalike", "leet") for one in found)


PIECES = ["a", "b", "稼", "ア", "力", "ー", "с", "о", "0", "3", "@", "$", " ", ".", "・", "_", "-", "\u3000"]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_what_is_read_in_a_masked_word_has_no_signs_left(text: str) -> None:
    for read, kind, start, end in unmasked(text):
        assert read.strip() == read != ""
        if kind in ("spaced", "dotted"):
            assert read.isalpha()
            assert len(read) >= 3
            assert "".join(filter(str.isalpha, text[start:end])) == read
        else:
            assert len(read) == end - start


HOSTILE = (
    *("a ", "a  ", "a.", "a..", "a . ", "a", "aa ", "a b cd ", "a_", "_", "a.b ", "a.a ", " ", "."),
    *("稼 ", "稼・", "・", "ア", "ア力", "力", "с", "сa", "aс ", "с "),
    *("の ", "の と ", "稼 の ", "の 稼 稼", "稼 の" * 20),
    *(
        "稼.",
        "あ稼・",
        "稼稼・稼・",
        "ああ・",
        "a.稼.",
        "稼a.",
        "稼.a.a",
        "の○月○",
        "か・か・かか",
        "ア.アア.",
    ),
    *("a3", "a3 ", "3", "a3a", "a@", "a@a.", "@", "$a", "a" * 39 + "3", "a" * 41 + "3"),
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("end", ["", "1", "aa", "!"])
def test_no_text_takes_long(piece: str, end: str) -> None:
    """200,000 characters of each: what backtracks over them would not be done within the test's minute."""
    found = unmasked(piece * (200_000 // len(piece)) + end)
    assert len(found) <= 4 * MOST_FOUND


@pytest.mark.parametrize(
    "text",
    [
        "稼  げ  る",
        "稼 \u3000げ \u3000る",
        "稼\nげ\nる",
        "稼★げ★る",
        "稼☆げ☆る",
        "稼●げ●る",
        "f  r  e  e",
        "f   r   e   e",
    ],
)
def test_wider_gaps_and_other_signs_hide_no_word(text: str) -> None:
    assert [one.text for one in unmasked(text)] in (["稼げる"], ["free"])


@pytest.mark.parametrize("text", ["a\nb\nc", "東京\nと\n大阪", "★ ☆ ★", "1\n2\n3", "稼    げ    る"])
def test_lists_and_wide_columns_are_no_masks(text: str) -> None:
    assert unmasked(text) == []
