"""A browser to see pages with: the machine's own Chromium, installed from Debian where there is none."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 280
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
)
"""It shows pages of this machine only, and asks nobody else for anything."""


def chromium_path() -> str:
    """Where Chromium is. Without one the test is skipped, but fails where CI=true: there it must be seen."""
    found = _on_path()
    if found is None:
        failure = _install()
        found = _on_path()
        if found is None:
            needed = f"no Chromium here: apt-get install chromium ({failure})"
            if os.environ.get("CI") == "true":
                pytest.fail(needed)
            pytest.skip(needed)  # a laptop without root can't install one; CI=true fails above
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser, closed at the end."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET), timeout=60_000)
        try:
            yield browser
        finally:
            browser.close()


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _install() -> str:
    """Why it could not be installed, empty where it could."""
    if shutil.which("apt-get") is None:
        return "no apt-get"
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and shutil.which("sudo") is None:
        return "neither root nor sudo"
    for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *step]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"apt-get {step[0]}: {type(error).__name__}"
        if done.returncode and step[0] == "install":
            return f"apt-get {step[0]}: {done.stderr.strip()[-200:]}"
    return ""
