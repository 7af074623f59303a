"""One search finds a post's whole way: webhook, message, verdict and takedown are logged under one trace."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import requests

from infra.local.cloud import LocalCloud
from tests.functions.stage import Platform, Scene, Texts, signed, wait_for


def lines(cloud: LocalCloud, trace_id: str) -> Iterator[dict[str, Any]]:
    """What the functions logged under a trace, as Cloud Logging would find it."""
    for log in sorted((cloud.root / "logs").glob("*.log")):
        for text in log.read_text("utf-8", "replace").splitlines():
            if trace_id in text and text.startswith("{"):
                line = json.loads(text)
                project, _, found = line["logging.googleapis.com/trace"].rpartition("/traces/")
                assert (project, found) == (f"projects/{cloud.settings.project}", trace_id)
                yield line


def test_a_posts_way_from_webhook_to_takedown_is_one_trace(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(violating=1)
    platform.hold([post])
    trace_id = secrets.token_hex(16)
    body = json.dumps(post.to_event()).encode()
    headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], body)
    headers |= {"traceparent": f"00-{trace_id}-{'7' * 16}-01", "Function-Execution-Id": "run-of-the-webhook"}
    told = requests.post(cloud.function_url("receive_new_post"), data=body, headers=headers, timeout=60)
    assert told.status_code == 202, told.text
    wait_for("the takedown", lambda: main_scene.states([post]) == ["taken_down"])
    wait_for("its log line", lambda: any(line["message"] == "post judged" for line in lines(cloud, trace_id)))
    found = {line["message"]: line for line in lines(cloud, trace_id)}
    assert found["post received"]["logging.googleapis.com/labels"] == {"execution_id": "run-of-the-webhook"}
    assert found["post judged"]["logger"] == "sekisho.judge_post"
    assert found["post judged"]["post_id"] == found["post received"]["post_id"] == post.post_id


def test_two_requests_without_a_trace_are_told_apart(cloud: LocalCloud) -> None:
    for _ in range(2):
        assert (
            requests.post(cloud.function_url("receive_new_post"), data=b"{}", timeout=60).status_code == 401
        )
    logged = (cloud.root / "logs" / "receive_new_post.log").read_text("utf-8").splitlines()
    refused = [json.loads(line) for line in logged if "signature refused" in line]
    traces = [line["logging.googleapis.com/trace"] for line in refused]
    assert len(traces) >= 2
    assert len(set(traces)) == len(traces)
