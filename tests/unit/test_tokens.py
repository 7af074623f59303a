"""Which words of a text count, and in which form."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ipadic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigError
from shared.spam.text import normal_form
from shared.spam.tokens import LONGEST_PIECE, Tokenizer

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


@pytest.mark.skipif(DICT_INDEX is None, reason=NO_COMPILER)  # Debian's mecab-utils; no part of any pins
def test_a_user_dictionary_adds_words(tmp_path: Path, tokenizer: Tokenizer) -> None:
    assert tokenizer.words("セキショ関守丸") != ["セキショ関守丸"]
    source, compiled = tmp_path / "user.csv", tmp_path / "user's words.dic"
    source.write_text(
        "セキショ関守丸,1288,1288,1,名詞,固有名詞,一般,*,*,*,セキショ関守丸,セキショ,セキショ\n"
    )
    command = [
        str(DICT_INDEX),
        "-d",
        ipadic.DICDIR,
        "-u",
        str(compiled),
        "-f",
        "utf-8",
        "-t",
        "utf-8",
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert Tokenizer(user_dictionary=str(compiled)).words("セキショ関守丸") == ["セキショ関守丸"]
