"""The slim dictionary: half the size, the same words, the same bytes each time; packed where it is needed."""

import csv
import json
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra import dictionary
from infra.package import PackageTooLarge, write_package
from shared.spam.mecab_lines import KEPT_IDS, KEPT_PARTS_OF_SPEECH
from shared.spam.tokens import SLIM_MARK, Tokenizer, stock_dictionary

DATA = dictionary.ROOT.parent / "shared/data/posts"
TOKENISING = {
    "judge_new_posts": True,
    "judge_post": True,
    "tokenize_posts": True,
    "train_spam_model": True,
    "receive_new_post": False,
    "check_kpi_table": False,
}
IDENTICAL = 0.999

type Sources = tuple[Path, Path]


@pytest.fixture(scope="module")
def slim() -> Path:
    """The dictionary, made if it was not."""
    try:
        return dictionary.build()
    except dictionary.CannotBuild as error:
        pytest.skip(str(error))  # no mecab-ipadic, and no apt that reaches one: the stock dictionary is used


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """IPADIC's sources and the compiler."""
    try:
        return dictionary.sources(tmp_path_factory.mktemp("sources") / "fetched")
    except dictionary.CannotBuild as error:
        pytest.skip(str(error))  # as above: neither sources here, nor an apt that reaches any


@pytest.fixture(scope="module")
def stock_words() -> Tokenizer:
    """MeCab with IPADIC as it is."""
    return Tokenizer()


@pytest.fixture(scope="module")
def slim_words(slim: Path) -> Tokenizer:
    """MeCab with IPADIC made slim."""
    return Tokenizer(str(slim))


def entries(file: Path) -> tuple[bytes, list[tuple[int, ...]], list[str]]:
    """Of a compiled dictionary: its surfaces, of each word the ids, number and cost, of each the features."""
    content = file.read_bytes()
    surfaces_end = 72 + int.from_bytes(content[24:28], "little")
    words_end = surfaces_end + int.from_bytes(content[28:32], "little")
    words = list(struct.iter_unpack("<HHHhII", content[surfaces_end:words_end]))
    features = [
        content[words_end + word[4] : content.index(b"\0", words_end + word[4])].decode() for word in words
    ]
    return content[72:surfaces_end], [word[:4] for word in words], features


@pytest.mark.parametrize("name", ["matrix.bin", "char.bin", "unk.dic"])
def test_connections_characters_and_unknown_words_are_the_stock_ones(name: str, slim: Path) -> None:
    assert (slim / name).read_bytes() == Path(stock_dictionary(), name).read_bytes()


def test_each_word_has_the_ids_the_number_and_the_cost_it_has_in_the_stock_dictionary(slim: Path) -> None:
    surfaces, words, features = entries(slim / "sys.dic")
    stock_surfaces, stock_words, stock_features = entries(Path(stock_dictionary(), "sys.dic"))
    assert surfaces == stock_surfaces
    assert words == stock_words, "in that order too: of two of the same cost, the first counts"
    for feature, stock_feature in zip(features, stock_features, strict=True):
        part_of_speech, *_, base, _, _ = stock_feature.split(",")
        is_kept = part_of_speech in KEPT_PARTS_OF_SPEECH and re.search(r"\w", base)
        assert feature == (base if is_kept else ""), stock_feature


def test_half_of_the_stock_dictionary_is_gone(slim: Path) -> None:
    sizes = [
        sum(path.stat().st_size for path in folder.iterdir()) for folder in (slim, Path(stock_dictionary()))
    ]
    assert sizes[0] < 0.5 * sizes[1]
    assert sizes[0] < 26_500_000
    assert b"Nara Institute of Science" in (slim / "COPYING").read_bytes()


def texts() -> Iterator[str]:
    """Every post there is to compare on."""
    for path in sorted(DATA.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield f"{row['title']}\n{row['body']}"


@pytest.mark.skipif(not (DATA / "moral_ja.csv").exists(), reason=f"{DATA} is not on this machine")
def test_posts_have_the_same_words_with_either_dictionary(
    slim_words: Tokenizer, stock_words: Tokenizer
) -> None:
    posts = list(texts())
    assert len(posts) > 15_000
    different = [
        f"{text!r}: {sorted(set(slim_words.words(text)) ^ set(stock_words.words(text)))}"
        for text in posts
        if slim_words.words(text) != stock_words.words(text)
    ]
    assert len(different) <= (1 - IDENTICAL) * len(posts), "\n".join(different)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, database=None)
@given(text=st.text() | st.text("静かな部屋で花を見た令和Ab1２_ー・★％ \n\t　。", max_size=80))
def test_any_text_has_the_same_words_and_places_with_either_dictionary(
    text: str, slim_words: Tokenizer, stock_words: Tokenizer
) -> None:
    assert slim_words.words(text) == stock_words.words(text)
    assert slim_words.morphemes(text) == stock_words.morphemes(text)


def test_a_word_debian_added_is_in_neither(slim_words: Tokenizer, stock_words: Tokenizer) -> None:
    assert slim_words.words("令和六年の新規登録") == stock_words.words("令和六年の新規登録")


def test_kept_numbers_are_those_of_the_kept_parts_of_speech(sources: Sources) -> None:
    lines = (sources[0] / "pos-id.def").read_text(encoding="euc-jp").split("\n")
    numbered = [line.rsplit(" ", 1) for line in lines if line]
    assert len(numbered) == 69
    for feature, number in numbered:
        is_kept = feature.split(",")[0] in KEPT_PARTS_OF_SPEECH
        assert bool(re.fullmatch(KEPT_IDS, number)) == is_kept, feature


def test_the_same_sources_give_the_same_bytes(sources: Sources, slim: Path, tmp_path: Path) -> None:
    dictionary.compile_slim(*sources, tmp_path / "again")
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again == {path.name: path.read_bytes() for path in slim.iterdir()}


def test_other_sources_are_refused(sources: Sources, tmp_path: Path) -> None:
    shutil.copytree(sources[0], tmp_path / "source")
    with (tmp_path / "source/Others.csv").open("ab") as file:
        file.write("関所,1285,1285,1,名詞,一般,*,*,*,*,関所,セキショ,セキショ\n".encode("euc-jp"))
    with pytest.raises(
        dictionary.CannotBuild, match=r"expected IPADIC 2.7.0-20070801 in .*, came [0-9a-f]{64}"
    ):
        dictionary.compile_slim(tmp_path / "source", sources[1], tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_compiler_that_fails_is_quoted(sources: Sources, tmp_path: Path) -> None:
    failing = tmp_path / "bin/mecab/mecab-dict-index"
    failing.parent.mkdir(parents=True)
    failing.write_text("#!/bin/sh\necho no more space >&2\nexit 3\n")
    failing.chmod(0o755)
    with pytest.raises(dictionary.CannotBuild, match=r"failed: .*mecab-dict-index: no more space"):
        dictionary.compile_slim(sources[0], failing, tmp_path / "made")


def test_a_machine_without_sources_and_apt_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(dictionary.CannotBuild) as raised:
        dictionary.sources(tmp_path / "fetched", root=tmp_path)
    assert "mecab-ipadic, mecab-utils, libmecab2 installed, or apt to fetch them" in str(raised.value)


def test_apt_that_knows_no_such_package_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("apt-get", "dpkg-deb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(
        dictionary.CannotBuild, match=r"mecab-ipadic.* from apt, came: apt-get: E: Unable to locate"
    ):
        dictionary.sources(tmp_path / "fetched", root=tmp_path)


def test_the_command_copies_the_dictionary_and_prints_its_sizes(
    slim: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dictionary.main(["--to", str(tmp_path / "copy")])
    assert re.search(r"together +2\d,\d{3} +52,\d{3}", capsys.readouterr().out)
    assert (tmp_path / "copy/sys.dic").read_bytes() == (slim / "sys.dic").read_bytes()
    with pytest.raises(SystemExit) as raised:
        dictionary.main(["--to", str(tmp_path / "copy")])
    assert raised.value.code == 2


def user_dictionary(sources: Sources, system: str, folder: Path) -> str:
    """A noun, a verb and a particle, compiled against the dictionary `system`."""
    source, words = folder / "user.csv", folder / "user.dic"
    source.write_text(
        "セキショ関守丸,1288,1288,1,名詞,固有名詞,一般,*,*,*,セキショ関守丸,セキショ,セキショ\n"
        "セキショった,772,772,1,動詞,自立,*,*,五段・ラ行,連用タ接続,セキショる,セキショッ,セキショッ\n"
        "セキショだが,1288,1288,1,助詞,接続助詞,*,*,*,*,セキショだが,セキショ,セキショ\n"
    )
    command = [str(sources[1]), "-d", system, "-u", str(words), "-f", "utf-8", "-t", "utf-8", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return str(words)


@pytest.mark.parametrize("against", ["slim", "stock"])
@pytest.mark.parametrize("beside", ["slim", "stock"])
def test_a_user_dictionary_works_with_either_whichever_it_was_compiled_against(
    against: str, beside: str, sources: Sources, slim: Path, tmp_path: Path, stock_words: Tokenizer
) -> None:
    folders = {"slim": str(slim), "stock": stock_dictionary()}
    words = Tokenizer(folders[beside], user_dictionary(sources, folders[against], tmp_path))
    assert words.words("セキショ関守丸とセキショった、セキショだが花") == [
        "セキショ関守丸",
        "セキショる",
        "花",
    ]
    text = "静かな部屋で美しい花をゆっくり見て走った。LINE ID: abc_123、時給1000円★★ホゲホゲ　％"
    assert words.words(text) == stock_words.words(text)
    assert [one.word for one in words.morphemes(text)] == stock_words.words(text)


def test_functions_that_tokenise_and_no_others_get_the_dictionary(tmp_path: Path) -> None:
    folder = tmp_path / "slim"
    folder.mkdir()
    (folder / SLIM_MARK).write_text("for this test")
    (folder / "sys.dic").write_bytes(b"words")
    files = {f"shared/spam/dictionary/{name}" for name in (SLIM_MARK, "sys.dic")}
    for function, tokenises in TOKENISING.items():
        with zipfile.ZipFile(write_package(function, tmp_path, folder).path) as archive:
            assert files & set(archive.namelist()) == (files if tokenises else set())


def test_a_dictionary_that_is_too_large_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "slim").mkdir()
    with (tmp_path / "slim/sys.dic").open("wb") as file:
        file.truncate(30_000_001)
    with pytest.raises(
        PackageTooLarge, match=r"dictionary of at most 30,000,000 bytes, came 30,000,001; its"
    ):
        write_package("judge_post", tmp_path, tmp_path / "slim")
    assert not list(tmp_path.glob("*.zip*"))


def test_a_function_uses_the_dictionary_of_its_archive(slim: Path, tmp_path: Path) -> None:
    first = write_package("judge_post", tmp_path / "one", slim).path
    assert first.read_bytes() == write_package("judge_post", tmp_path / "two", slim).path.read_bytes()
    with zipfile.ZipFile(first) as archive:
        archive.extractall(tmp_path / "home")
    program = (
        "import json, sys; from shared import spam; from shared.spam.tokens import Tokenizer; "
        "print(json.dumps([Tokenizer().words('静かな部屋で走った'), 'ipadic' in sys.modules, spam.__file__]))"
    )
    environment = {"PYTHONPATH": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    words, stock_is_loaded, source = json.loads(done.stdout)
    assert words == ["静か", "部屋", "走る"]
    assert not stock_is_loaded
    assert source.startswith(str(tmp_path / "home"))
