"""bogofilter, the classic of its kind, as a contender: taught per fold in a folder of its own, asked by pipe.

It reads mails: the title is the subject, the text as bs4 sees it the body. Japanese it gets with a space
between any two of MeCab's words, without which it would take a sentence for a word.
"""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from shared.spam.verdicts import Reason
from tests.benchmarks.spam_bench import naive

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".local/bogofilter"
PACKAGES = ("bogofilter-bdb", "bogofilter-common", "libdb5.3", "libgsl27", "libgslcblas0")
NAME = "bogofilter"


class NotObtainable(Exception):
    """Measure without it: bogofilter is neither installed nor to be had here."""


class Bogofilter:
    """The program, found on this machine or unpacked from Debian's packages into .local, without root."""

    own_threshold: float | None = None

    def __init__(self, *, is_japanese: bool) -> None:
        self._program, self._environment = _program()
        self._read = naive.spaced if is_japanese else naive.text
        self._memory: dict[tuple[str, int], bytes] = {}

    def mail(self, post: Post) -> bytes:
        """The post as a mail."""
        if post.key not in self._memory:
            subject, body = (self._read(text).strip() for text in (post.title, post.body))
            self._memory[post.key] = (
                f"Subject: =?utf-8?B?{base64.b64encode(subject.encode()).decode()}?=\n".encode()
                + b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
                + body.encode("utf-8", "replace")
                + b"\n"
            )
        return self._memory[post.key]

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> "Bogofiltered":  # noqa: ARG002
        """Registers every post as spam or as ham."""
        folder = tempfile.TemporaryDirectory(prefix="sekisho-bogofilter-")
        for flag, is_violation in (("-s", True), ("-n", False)):
            mails = (
                b"From bench Thu Jan  1 00:00:00 1970\n"
                + self.mail(one.post).replace(b"\nFrom ", b"\n>From ")
                for one in taught
                if one.is_violation == is_violation
            )
            subprocess.run(
                [self._program, "-C", "-d", folder.name, flag, "-M"],
                input=b"\n".join(mails) + b"\n",
                env=self._environment,
                check=True,
            )
        return Bogofiltered(
            self, folder, [self._program, "-C", "-d", folder.name, "-b", "-TT"], self._environment
        )


class Bogofiltered:
    """What it learnt, with the process that is asked."""

    def __init__(
        self, taught: Bogofilter, folder: Any, command: list[str], environment: dict[str, str]
    ) -> None:
        self._taught, self._folder = taught, folder
        self._file = Path(folder.name) / "mail"
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    @property
    def model_bytes(self) -> int:
        """The size of its word list."""
        return sum(path.stat().st_size for path in Path(self._folder.name).glob("wordlist*"))

    def score(self, post: Post) -> float:
        """The spamicity it prints."""
        assert self._process.stdin
        assert self._process.stdout
        self._file.write_bytes(self._taught.mail(post))
        self._process.stdin.write(f"{self._file}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline().split()[-1])

    def reasons(self, post: Post) -> tuple[Reason, ...]:  # noqa: ARG002
        """None are asked for."""
        return ()

    def close(self) -> None:
        """Ends the process and forgets what it learnt."""
        self._process.communicate()
        self._folder.cleanup()


def _program() -> tuple[str, dict[str, str]]:
    """The program that runs, and the environment it needs. Raises NotObtainable."""
    installed = shutil.which("bogofilter")
    if installed:
        return installed, dict(os.environ)
    program = HOME / "usr/bin/bogofilter-bdb"
    if not program.exists():
        _unpack()
    libraries = os.pathsep.join(str(path) for path in sorted((HOME / "usr/lib").glob("*-linux-gnu")))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    try:
        subprocess.run([program, "-V"], env=environment, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotObtainable(f"{program} does not run here: {error}") from error
    return str(program), environment


def _unpack() -> None:
    with tempfile.TemporaryDirectory(prefix="sekisho-debian-") as folder:
        try:
            subprocess.run(
                ["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, check=True, timeout=120
            )
            for package in sorted(Path(folder).glob("*.deb")):
                subprocess.run(
                    ["dpkg-deb", "-x", package, folder + "/unpacked"], capture_output=True, check=True
                )
            HOME.parent.mkdir(exist_ok=True)
            shutil.rmtree(HOME, ignore_errors=True)
            shutil.move(folder + "/unpacked", HOME)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            raise NotObtainable(
                f"not installed, and `apt-get download` gave none: {error} {said.decode()[-200:]}"
            ) from error
