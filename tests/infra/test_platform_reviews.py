"""The stand-in platform's reviewers: the queue Sekisho left to them, their answers, and the patrol."""

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.local.processes import Processes
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client
from shared.gcp.post_table import PostTable
from shared.gcp.verdict_table import VerdictTable
from shared.settings import Cloud
from shared.spam.events import read_label
from shared.spam.labels import Answer, Source
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Mode, Reason, Verdict
from tests.infra.marketplace import Inbox, Market, new_id, one

NOW = datetime.now(UTC).replace(microsecond=0)
ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


def test_the_patrol_draws_evenly_from_recent_posts_whatever_their_state(
    processes: Processes, tmp_path: Path
) -> None:
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url) as market:
        assert "巡回する投稿がありません" in market.page("/review", source="patrol").text()
        recent = {market.post(posted_at=(NOW - timedelta(days=n)).isoformat()) for n in range(4)}
        down, deleted = market.post(), market.post()
        market.post(posted_at=(NOW - timedelta(days=8)).isoformat())
        market.act("takedown", down)
        market.ask("DELETE", f"posts/{deleted}")

        def draw() -> str:
            page = market.page("/review", source="patrol")
            assert not page.css(".score, .tag"), "what is known of a post must not lean on the answer"
            return str(one(page, "input[name=post_id]").attributes["value"])

        assert {draw() for _ in range(100)} == recent | {down}
        form = {"post_id": down, "revision": "1", "source": "patrol", "answer": "violation"}
        answer = market.submit("/review", form | {"violation_class": "paid_reviews", "reviewer": "r-9"})
        assert answer.headers["Location"] == "/review?source=patrol"
        assert {draw() for _ in range(100)} == recent
        (sent,) = inbox.about(down)
        label = read_label(sent.body, sent.webhook_id, datetime.now(UTC))
        assert (label.source, label.reviewer, label.violation_class) == (Source.PATROL, "r-9", "paid_reviews")


@pytest.mark.parametrize(
    "wrong", [{"post_id": ""}, {"post_id": "p-unknown"}, {"answer": ""}, {"revision": "x"}, {"source": "me"}]
)
def test_an_answer_that_can_not_be_used_is_refused(market: Market, wrong: dict[str, str]) -> None:
    post_id = market.post()
    form = {"post_id": post_id, "revision": "1", "source": "queue", "answer": "violation"} | wrong
    assert market.submit("/review", form).status_code == 400
    assert market.show(post_id)["state"] == "visible"


def verdict_on(post: Post, score: float, violation_class: str) -> Verdict:
    return Verdict(
        post_id=post.post_id,
        revision=post.revision,
        revised_at=post.revised_at,
        detector="bayes",
        model_version="bayes-1",
        score=score,
        action=Action.REVIEW,
        violation_class=violation_class,
        reasons=(Reason("副業", 2.5), Reason("経験", -0.25)),
        note="",
        mode=Mode.REVIEW,
        judged_at=datetime.now(UTC),
    )


def test_a_reviewer_works_through_what_sekisho_left(
    processes: Processes, tmp_path: Path, cloud_settings: Cloud
) -> None:
    cloud = dataclasses.replace(cloud_settings, dataset=f"queue_{uuid.uuid4().hex[:12]}")
    client = bigquery_client(cloud)
    create_tables(client, cloud.dataset)
    likely, unlikely, edited = (
        Post(new_id(), 1, NOW, NOW, f"題名 {n}", "<p>本文</p>", category="writing") for n in range(3)
    )
    posts = [likely, unlikely, edited]
    PostTable(client, cloud.dataset).append(posts, NOW)
    verdicts = zip(posts, [0.9, 0.6, 0.99], ["paid_reviews", "unclassified", "employment"], strict=True)
    VerdictTable(client, cloud.dataset).append([verdict_on(*given) for given in verdicts])
    environment = {
        "GOOGLE_CLOUD_PROJECT": cloud.project,
        "SEKISHO_DATASET": cloud.dataset,
        "BIGQUERY_EMULATOR_HOST": str(cloud.bigquery_emulator),
    }
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url, "--queue", "auto", **environment) as market:
        market.ask("POST", "posts?announce=false", [post.to_event()["data"] for post in posts])
        market.revise(edited.post_id)

        page = market.page("/review")
        assert "審査待ち 2件" in page.text(), "the edited one is judged anew first"
        assert one(page, "article h2").text(strip=True) == likely.title
        assert one(page, ".score b").text() == "90.0%"
        reasons = [part.text(strip=True) for part in page.css(".reasons dt, .reasons .number")]
        assert reasons == ["副業", "+2.50", "経験", "-0.25"]
        assert one(page, "option[selected]").attributes["value"] == "paid_reviews"
        assert [button.text() for button in page.css(".answers button")] == ["違反", "問題なし"]
        form = {
            str(field.attributes["name"]): str(field.attributes["value"]) for field in page.css("main input")
        }
        assert market.submit("/review", form | {"answer": "violation", "violation_class": "paid_reviews"}).ok

        assert market.show(likely.post_id)["state"] == "taken_down"
        (sent,) = inbox.about(likely.post_id)
        label = read_label(sent.body, sent.webhook_id, datetime.now(UTC))
        assert (label.answer, label.violation_class, label.source, label.revision) == (
            Answer.VIOLATION,
            "paid_reviews",
            Source.QUEUE,
            1,
        )

        page = market.page("/review")
        assert one(page, "article h2").text(strip=True) == unlikely.title, "the next comes up"
        assert one(page, "option[selected]").attributes["value"] == "", "the filter named no class"
        form |= {"post_id": unlikely.post_id}
        assert market.submit("/review", form | {"answer": "ok", "violation_class": "employment"}).ok
        (sent,) = inbox.about(unlikely.post_id)
        assert (sent.event["data"]["answer"], sent.event["data"]["violation_class"]) == ("ok", "")
        assert market.show(unlikely.post_id)["state"] == "visible"
        assert "審査を待つ投稿はありません" in market.page("/review").text()


def test_the_review_page_comes_up_without_bigquery(processes: Processes, tmp_path: Path) -> None:
    nowhere = {"GOOGLE_CLOUD_PROJECT": "p", "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9"}
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url, "--queue", "auto", **nowhere) as market:
        post_id = market.post()
        assert "審査待ちの一覧を読めません" in one(market.page("/review"), "[role=status]").text()
        drawn = market.page("/review", source="patrol")
        assert one(drawn, "input[name=post_id]").attributes["value"] == post_id
