"""Which words of a text count, and in which form."""

import itertools
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ipadic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigError
from shared.spam.text import normal_form
from shared.spam.tokens import LONGEST_PIECE, Morpheme, Tokenizer

DICT_INDEX = shutil.which("mecab-dict-index") or next(
    (str(path) for path in Path("/usr").glob("lib*/mecab/mecab-dict-index")), None
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "静かな部屋で美しい花をゆっくり見て走った",
            ["静か", "部屋", "美しい", "花", "ゆっくり", "見る", "走る"],
        ),
        ("簡単に稼げます", ["簡単", "稼げる"]),
        ("働いた。働かない。働けば", ["働く", "働く", "働く"]),
        ("高くない", ["高い"]),
        ("これはペンです", ["これ", "ペン"]),
        ("がをにはですます", []),
        ("そして、あの", []),
        ("", []),
        (" \n\t　", []),
    ],
)
def test_content_words_are_kept_in_their_base_form(
    text: str, expected: list[str], tokenizer: Tokenizer
) -> None:
    found = tokenizer.words(text)
    assert [word for word in found if word not in ("ない",)] == expected


@pytest.mark.parametrize("text", ["hoge", "ホゲホゲ", "セキショリン", "xyzzy"])
def test_a_word_the_dictionary_does_not_know_keeps_its_surface(text: str, tokenizer: Tokenizer) -> None:
    assert tokenizer.words(text) == [text]


@pytest.mark.parametrize("text", ["★", "★☆", "━━", "(^^)", "😀", "!", "→", "※", "_", "ー", "🍣🍣🍣"])
def test_a_symbol_is_no_word(text: str, tokenizer: Tokenizer) -> None:
    assert [word for word in tokenizer.words(text) if word != "ー"] == []


def test_no_word_has_the_dictionarys_mark_for_no_base_form(tokenizer: Tokenizer) -> None:
    text = "時給1000円、Python3.13と★★とABC、ホゲホゲする人。LINE ID: abc_123"
    assert "*" not in tokenizer.words(text)


def test_a_long_text_gives_the_words_of_its_sentences(tokenizer: Tokenizer) -> None:
    sentence = "静かな部屋で花を見た。"
    assert len(sentence) * 500 > 5 * LONGEST_PIECE
    assert tokenizer.words(sentence * 500) == tokenizer.words(sentence) * 500


def test_a_text_without_an_end_of_sentence_is_read_to_its_end(tokenizer: Tokenizer) -> None:
    assert "部屋" in tokenizer.words("あ" * (2 * LONGEST_PIECE) + " 部屋")
    assert tokenizer.words("部屋" * LONGEST_PIECE).count("部屋") >= LONGEST_PIECE - 4


@pytest.mark.parametrize("sign", ["a", "1", "あ", "ア", "漢", "。", "\n", "★"])
def test_a_long_run_of_one_sign_does_not_keep_mecab_busy(sign: str, tokenizer: Tokenizer) -> None:
    assert isinstance(tokenizer.words(sign * 50_000), list)


def test_threads_get_the_words_a_single_one_gets(tokenizer: Tokenizer) -> None:
    texts = [f"{number}番の静かな部屋で{'美しい' * (number % 7)}花を見た" for number in range(400)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(tokenizer.words, texts))
    assert found == [tokenizer.words(text) for text in texts]


@pytest.fixture(scope="session")
def by_name() -> Tokenizer:
    """The stock dictionary as if it were another: its words are told by the names of their columns."""
    return Tokenizer(ipadic.DICDIR)


def test_a_nul_does_not_end_a_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.words("部屋\0花") == ["部屋", "花"]
    assert tokenizer.words("部屋\0" * LONGEST_PIECE) == ["部屋"] * LONGEST_PIECE


TEXTS = st.text() | st.text("静かな部屋で花を見たAb1２_ー・★％ \n\t\r　Ð\0。", max_size=60)


@given(text=TEXTS)
def test_another_dictionary_of_the_same_words_gives_the_same_words(
    text: str, tokenizer: Tokenizer, by_name: Tokenizer
) -> None:
    assert by_name.words(text) == tokenizer.words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("花と花", [("花", 0, 1), ("花", 2, 3)]),
        ("走った。 走らない", [("走る", 0, 2), ("走る", 5, 7)]),
        (" \n花\t\r\n 部屋 ", [("花", 2, 3), ("部屋", 7, 9)]),
        ("\0花\0", [("花", 1, 2)]),
        ("🍣花", [("花", 1, 2)]),
        ("が", []),
        ("", []),
    ],
)
def test_a_morpheme_is_where_its_surface_is(
    text: str, expected: list[tuple[str, int, int]], tokenizer: Tokenizer, by_name: Tokenizer
) -> None:
    assert tokenizer.morphemes(text) == [Morpheme(*one) for one in expected]
    assert by_name.morphemes(text) == [Morpheme(*one) for one in expected]


def test_a_morpheme_far_into_a_long_text_is_where_its_surface_is(tokenizer: Tokenizer) -> None:
    text = ("静かな部屋で花を見た。\n " * LONGEST_PIECE) + "あ" * (2 * LONGEST_PIECE) + " 稼げる\n"
    found = tokenizer.morphemes(text)
    assert found[-1] == Morpheme("稼げる", len(text) - 4, len(text) - 1)
    assert {text[one.start : one.end] for one in found if one.word == "見る"} == {"見"}
    assert [one.word for one in found] == tokenizer.words(text)


@given(
    text=TEXTS, wanted=st.sets(st.sampled_from(["花", "部屋", "見る", "静か", "sushi", "花 部屋", "部屋 花"]))
)
def test_wanted_words_and_pairs_are_where_their_morphemes_are(
    text: str, wanted: set[str], tokenizer: Tokenizer
) -> None:
    analysis = tokenizer.analysed(f"{text}。花と部屋を見る")
    everything = analysis.morphemes()
    expected: dict[str, list[tuple[int, int]]] = {}
    for one in everything:
        expected.setdefault(one.word, []).append((one.start, one.end))
    for one, other in itertools.pairwise(everything):
        expected.setdefault(f"{one.word} {other.word}", []).append((one.start, other.end))
    assert analysis.places(wanted) == {token: spans for token, spans in expected.items() if token in wanted}


@given(text=TEXTS)
def test_morphemes_are_the_words_in_the_same_order(text: str, tokenizer: Tokenizer) -> None:
    found = tokenizer.morphemes(text)
    assert [one.word for one in found] == tokenizer.words(text)
    assert all(earlier.end <= later.start for earlier, later in itertools.pairwise(found))
    for one in found:
        assert text[one.start : one.end].strip()
        assert one.start >= 0 and one.end <= len(text)


@given(texts=st.lists(TEXTS, max_size=4))
def test_an_analysis_tells_places_whatever_was_analysed_since(texts: list[str], tokenizer: Tokenizer) -> None:
    kept = [tokenizer.analysed(text) for text in texts]
    tokenizer.words("花")
    assert tokenizer.morphemes("花") == [Morpheme("花", 0, 1)]
    for text, analysis in zip(texts, kept, strict=True):
        assert analysis.words == tokenizer.words(text)
        assert analysis.morphemes() == analysis.morphemes() == tokenizer.morphemes(text)


def test_a_long_text_kept_tells_the_places_of_all_its_pieces(tokenizer: Tokenizer) -> None:
    text = "静かな部屋で花を見た。 " * LONGEST_PIECE
    kept = tokenizer.analysed(text)
    found = kept.places({"花", "部屋 花", "見る 静か"})
    assert found == kept.places({"花", "部屋 花", "見る 静か"})
    assert [text[start:end] for start, end in found["花"]] == ["花"] * LONGEST_PIECE
    assert {text[start:end] for start, end in found["部屋 花"]} == {"部屋で花"}
    assert {text[start:end] for start, end in found["見る 静か"]} == {"見た。 静か"}


def test_threads_get_the_places_a_single_one_gets(tokenizer: Tokenizer) -> None:
    texts = [f"{number}番の静かな部屋で{'美しい' * (number % 7)}花を見た" for number in range(400)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(tokenizer.morphemes, texts))
    assert found == [tokenizer.morphemes(text) for text in texts]


def test_the_judge_starts_without_what_it_does_not_need() -> None:
    program = "import sys, shared.spam.tokens; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path = {sys.path!r}; {program}"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert "MeCab" in loaded
    assert not {"numpy", "pydantic", "ipadic", "pathlib", "threading", "dataclasses"} & set(loaded)


@given(text=st.text())
def test_any_normalised_text_has_words_of_letters_or_numbers(text: str, tokenizer: Tokenizer) -> None:
    for word in tokenizer.words(normal_form(text)):
        assert word
        assert "\n" not in word
        assert "\t" not in word


@pytest.mark.parametrize("folder", ["missing", "not MeCab's", "with \"quotes' and ($signs)"])
def test_a_dictionary_that_is_none_is_a_configuration_error_of_one_line(tmp_path: Path, folder: str) -> None:
    wrong = tmp_path / folder
    if folder != "missing":
        wrong.mkdir()
    with pytest.raises(ConfigError) as raised:
        Tokenizer(str(wrong))
    message = str(raised.value)
    assert str(wrong) in message.replace("\\'", "'")
    assert "no such file" in message
    assert "\n" not in message
    assert "arguments:" not in message


def test_a_user_dictionary_that_is_none_is_a_configuration_error_that_says_why(tmp_path: Path) -> None:
    wrong = tmp_path / "words.dic"
    with pytest.raises(ConfigError, match="no such file"):
        Tokenizer(user_dictionary=str(wrong))
    wrong.write_text("稼げる,,,1,名詞")
    with pytest.raises(ConfigError, match="broken"):
        Tokenizer(user_dictionary=str(wrong))


def test_a_system_dictionary_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "ＮＥｏｌｏｇｄ 's copy"
    folder.symlink_to(ipadic.DICDIR)
    assert Tokenizer(str(folder)).words("美しい花") == ["美しい", "花"]


NO_COMPILER = "mecab-dict-index, which compiles user dictionaries, is not here"
USER_WORDS = """\
セキショ関守丸,1288,1288,1,名詞,固有名詞,一般,*,*,*,セキショ関守丸,セキショ,セキショ
セキショった,772,772,1,動詞,自立,*,*,五段・ラ行,連用タ接続,セキショる,セキショッ,セキショッ
セキショだが,1288,1288,1,助詞,接続助詞,*,*,*,*,セキショだが,セキショ,セキショ
セキショ無形,1288,1288,1,名詞,固有名詞,一般,*,*,*,*,セキショ,セキショ
セキショ短列,1288,1288,1,名詞,固有名詞
セキショ引用,1288,1288,1,名詞,固有名詞,一般,*,*,*,"セキショ,引用",セキショ,セキショ
"""


def compiled(system: str, folder: Path) -> str:
    """USER_WORDS, compiled against the dictionary `system`."""
    source, words = folder / "user.csv", folder / "user's words.dic"
    source.write_text(USER_WORDS)
    encodings = ["-f", "utf-8", "-t", "utf-8"]
    command = [str(DICT_INDEX), "-d", system, "-u", str(words), *encodings, str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return str(words)


@pytest.mark.skipif(DICT_INDEX is None, reason=NO_COMPILER)  # Debian's mecab-utils; no part of any pins
def test_a_user_dictionary_adds_words(tmp_path: Path, tokenizer: Tokenizer) -> None:
    assert tokenizer.words("セキショ関守丸") != ["セキショ関守丸"]
    with_user_words = Tokenizer(user_dictionary=compiled(ipadic.DICDIR, tmp_path))
    assert with_user_words.words("セキショ関守丸と花") == ["セキショ関守丸", "花"]
    assert with_user_words.words("セキショった") == ["セキショる"]
    assert with_user_words.words("セキショだが") == []
    assert with_user_words.words("セキショ無形とセキショ短列") == ["セキショ無形", "セキショ短列"]
    assert with_user_words.words("セキショ引用") == ["セキショ,引用"]
    assert with_user_words.morphemes("花とセキショった") == [
        Morpheme("花", 0, 1),
        Morpheme("セキショる", 2, 8),
    ]


@pytest.mark.skipif(DICT_INDEX is None, reason=NO_COMPILER)
def test_beside_a_user_dictionary_other_words_stay_as_they_are(tmp_path: Path, tokenizer: Tokenizer) -> None:
    with_user_words = Tokenizer(user_dictionary=compiled(ipadic.DICDIR, tmp_path))
    text = "静かな部屋で美しい花をゆっくり見て走った。LINE ID: abc_123、時給1000円★★ホゲホゲ　％"
    assert with_user_words.words(text) == tokenizer.words(text)
