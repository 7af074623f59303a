"""What a person sees: a real alert, sent as in the cloud, on the inbox page in a real browser."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports
from shared.alerts.channel import Sent
from shared.alerts.message import Mark
from shared.alerts.slack.channel import SlackChannel
from shared.alerts.table_alert import IncidentView, alert_message
from shared.kpi.incidents import AlertKind
from tests.alerting import DAY, RAISED, TABLE, checked, judged, normal
from tests.browser import chromium

MARKS = (Mark("event", date(2025, 11, 24), date(2025, 11, 30), "冬のセール"),)
DESK, PHONE = (1280, 1000), (390, 844)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def inbox(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    data: Path = tmp_path_factory.mktemp("slack-inbox")
    command = python("infra.local.slack", "--port", str(port), "--data", str(data))
    processes.start(Program("slack-inbox", command, answers_http(f"{url}/healthz")))
    processes.wait_until_ready(["slack-inbox"])
    return url


@pytest.fixture(scope="module")
def alerted(inbox: str) -> Sent:
    """An incident of three days in the channel: raised, repeated, over."""
    slack = SlackChannel("xoxb-local", f"{inbox}/api/", "en")
    past = [100.0 + n % 7 * 3 for n in range(80)]
    wrong = checked(
        judged(
            "ctr", 0.008, 0.0215, is_share=True, score=3.0, past=[0.021 + n % 7 / 2_000 for n in range(80)]
        ),
        judged("orders", 50, 100, past=past),
        normal("clicks"),
    )
    sent = slack.send(alert_message(wrong, TABLE, RAISED, "en", marks=MARKS), "a-1", "#kpi-alerts")
    day_2 = IncidentView(AlertKind.REPEATED, DAY, 2)
    slack.send(alert_message(wrong, TABLE, day_2, "en"), "a-2", sent.channel, sent.thread)
    over = IncidentView(AlertKind.RECOVERED, DAY, 3, frozenset({"ctr", "orders"}))
    fine = checked(normal("ctr", 0.02, is_share=True), normal("orders"))
    message = alert_message(fine, replace(TABLE, owner=None), over, "en")
    slack.send(message, "a-3", sent.channel, sent.thread, aloud=True)
    return sent


def opened(browser: Browser, inbox: str, size: tuple[int, int]) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(inbox, wait_until="networkidle")
    return page


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_alert_is_seen_with_its_kpi_chart_and_dashboard(
    browser: Browser, inbox: str, alerted: Sent, size: tuple[int, int], tmp_path: Path
) -> None:
    page = opened(browser, inbox, size)
    first = page.locator(f"#m{alerted.thread.replace('.', chr(92) + '.')}")
    body = first.locator("> .said > .body")

    assert "ctr 0.8 %, expected 1.9–2.4 %" in body.locator("h3").inner_text()
    assert body.get_by_text("orders 50, expected 90–110").is_visible()
    charts = body.locator("figure img")
    assert charts.count() == 2
    for n in range(2):
        charts.nth(n).scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete", arg=charts.nth(n).element_handle())
        assert charts.nth(n).evaluate("image => image.naturalWidth") == 900
        assert charts.nth(n).evaluate("image => image.getBoundingClientRect().right") <= size[0]
        assert "ctr" in str(charts.nth(0).get_attribute("alt"))
    link = body.get_by_role("link", name="Dashboard")
    assert link.get_attribute("href") == TABLE.dashboard
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]

    body.scroll_into_view_if_needed()
    shot = page.screenshot(path=tmp_path / "inbox.png")
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    assert image.size == size
    assert len(image.getcolors(image.width * image.height) or []) > 50


def test_the_incident_goes_on_in_its_thread_and_ends_for_all(
    browser: Browser, inbox: str, alerted: Sent
) -> None:
    page = opened(browser, inbox, DESK)
    thread = page.locator(".thread")
    assert thread.count() == 1
    assert thread.locator("summary").inner_text() == "2 replies"
    assert "(day 2)" in thread.locator("h3").nth(0).inner_text()
    channel_itself = page.locator(".messages > .message")
    assert channel_itself.count() == 2
    assert "back to normal after 2 days" in channel_itself.nth(1).locator("h3").inner_text()
    assert channel_itself.nth(1).get_by_text("replied to a thread").is_visible()


def test_a_dark_window_shows_the_same(browser: Browser, inbox: str, alerted: Sent) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": DESK[0], "height": DESK[1]})
    page = context.new_page()
    page.goto(inbox, wait_until="networkidle")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("L")
    corner = shot.getpixel((DESK[0] - 3, DESK[1] - 3))
    assert isinstance(corner, int | float)
    assert corner < 80
    assert shot.getextrema()[1] == 255  # the charts' white paper
    context.close()
