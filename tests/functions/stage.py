"""What the scenes are played on: the platform, tables and functions of a scene's own, posts to send."""

import base64
import dataclasses
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from google.cloud import bigquery
from standardwebhooks import Webhook

from infra.local.cloud import MODEL_BUCKET, LocalCloud
from infra.local.functions import FUNCTIONS, function_program
from infra.local.processes import Processes, free_ports
from infra.local.resources import create_bucket
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client, storage_client
from shared.gcp.label_table import LabelTable
from shared.gcp.model_store import ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.gcp.queries import read_rows
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.verdict_table import VerdictTable
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.takedowns import Takedown, TakedownState

PATIENCE_SECONDS = 60.0
MARKER = "zqsirushi7f3a"
"""In the title and the body of every post of the suite, so that a log that quotes one is found."""


def wait_for[Found](what: str, look: Callable[[], Found]) -> Found:
    """What `look` gives once it gives something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"expected {what} within {PATIENCE_SECONDS:g} s, came nothing"
        time.sleep(0.05)
    return found


def together[Told](calls: Iterable[Callable[[], Told]]) -> list[Told]:
    """What `calls` give, made at the same time."""
    wanted = list(calls)
    with ThreadPoolExecutor(len(wanted)) as pool:
        return [future.result() for future in [pool.submit(call) for call in wanted]]


@dataclass(frozen=True)
class Texts:
    """Posts the trained model takes down, and such as it leaves alone."""

    violating: Sequence[Post]
    ordinary: Sequence[Post]

    def write(
        self, violating: int = 0, ordinary: int = 0, age: timedelta = timedelta(minutes=30)
    ) -> list[Post]:
        """New posts nobody has seen, a second apart, the violating ones first."""
        name, start = uuid.uuid4().hex[:12], datetime.now(UTC).replace(microsecond=0) - age
        chosen = [self.violating[n % len(self.violating)] for n in range(violating)]
        chosen += [self.ordinary[n % len(self.ordinary)] for n in range(ordinary)]
        return [
            dataclasses.replace(
                post,
                post_id=f"test-{name}-{number:03}",
                posted_at=start + timedelta(seconds=number),
                revised_at=start + timedelta(seconds=number),
            )
            for number, post in enumerate(chosen)
        ]

    def revise(self, post: Post, text: Post) -> Post:
        """The next revision of `post`, with the words of `text`."""
        revised_at = post.revised_at + timedelta(minutes=1)
        return dataclasses.replace(
            post, revision=post.revision + 1, revised_at=revised_at, title=text.title, body=text.body
        )


class Platform:
    """The stand-in platform, as its authors, its reviewers and its operators use it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.url = cloud.url("platform")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {cloud.environment['SEKISHO_PLATFORM_TOKEN']}"

    def hold(self, posts: Iterable[Post]) -> None:
        """Has the posts stand on the platform, without a webhook."""
        self.ask("POST", "posts?announce=false", [post.to_event()["data"] for post in posts])

    def send(self, post: Post) -> str:
        """Has an author publish the post; gives the id of its webhook."""
        return str(self.ask("POST", "posts", post.to_event()["data"])["webhook_id"])

    def show(self, post: Post) -> Mapping[str, Any]:
        """Where the post stands, with its journal."""
        return dict(self.ask("GET", f"posts/{post.post_id}"))

    def is_down(self, post: Post) -> bool:
        """Whether its readers can't see it."""
        return bool(self.show(post)["state"] == "taken_down")

    def acts(self, posts: Iterable[Post]) -> list[int]:
        """How often each post was taken down."""
        return [self.show(post)["acts"]["taken_down"] for post in posts]

    def times_restored(self, post: Post) -> int:
        """How often the post was brought back."""
        return int(self.show(post)["acts"]["restored"])

    def take_down(self, takedown: Takedown) -> None:
        """Takes the post down as Sekisho would."""
        self.ask(
            "POST",
            f"posts/{takedown.post_id}/takedown",
            {"revision": takedown.revision, "violation_class": takedown.violation_class},
            {"Idempotency-Key": takedown.takedown_key},
        )

    def delivery(self, webhook_id: str) -> Mapping[str, Any]:
        """What became of a webhook."""
        (found,) = self.ask("GET", f"deliveries?webhook_id={webhook_id}")["deliveries"]
        return dict(found)

    def deliver(self, webhook_id: str, times: int = 1) -> None:
        """Waits until the webhook was taken so many times."""
        wait_for("the webhook to be taken", lambda: self.delivery(webhook_id)["times_delivered"] >= times)

    def fail(self, endpoint: str, kind: str, times: int = 1, **more: Any) -> None:
        """Has the next calls of `endpoint` fail."""
        self.ask("POST", "faults", {"endpoint": endpoint, "kind": kind, "times": times, **more})

    def mend(self) -> None:
        """No call fails any more."""
        self.ask("DELETE", "faults")

    def ask(
        self, method: str, path: str, payload: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """What the platform's API answers."""
        response = self._session.request(
            method, f"{self.url}/api/v1/{path}", json=payload, headers=headers, timeout=30
        )
        assert response.ok, f"{method} {path}: {response.status_code} {response.text[:300]}"
        return response.json()


@dataclass(frozen=True)
class Served:
    """A function in a process of its own."""

    name: str
    url: str
    group: int
    log: Path

    def post(self, payload: Any = None) -> requests.Response:
        """Calls it as Cloud Scheduler does."""
        return requests.post(self.url, json=payload or {}, timeout=120)

    def sweep(self) -> tuple[int, Mapping[str, Any]]:
        """Calls it; its status and its counts."""
        response = self.post()
        return response.status_code, response.json()

    def kill(self) -> None:
        """Kills it as a machine that loses power would."""
        os.killpg(self.group, signal.SIGKILL)


class Crew:
    """Functions beside the cloud's own, against the same emulators, each with an environment of its own."""

    def __init__(self, cloud: LocalCloud, processes: Processes, folder: Path) -> None:
        self._cloud, self._processes, self._folder = cloud, processes, folder
        self._started: list[str] = []

    def start(self, function: str, moderation: str = "mode: auto", **environment: str) -> Served:
        """Starts `function` and waits for it; `moderation` is its moderation.yaml."""
        (described,) = (each for each in FUNCTIONS if each.name == function)
        (port,) = free_ports(1)
        name = f"{function}-{uuid.uuid4().hex[:8]}"
        file = self._folder / f"{name}.yaml"
        file.write_text(moderation, "utf-8")
        told = {**self._cloud.environment, "SEKISHO_MODERATION": str(file), **environment}
        home = self._cloud.homes.get(function)
        self._processes.start(dataclasses.replace(function_program(described, port, told, home), name=name))
        self._started.append(name)
        self._processes.wait_until_ready([name])
        running = self._processes.running[name]
        return Served(name, f"http://127.0.0.1:{port}/", running.process.pid, running.log)

    def stop(self) -> None:
        """Stops all that it started."""
        for name in self._started:
            self._processes.stop(name)


class Scene:
    """A dataset with what Sekisho remembers, and the tables in it."""

    def __init__(self, cloud: LocalCloud, dataset: str) -> None:
        self.dataset = dataset
        self.client: bigquery.Client = bigquery_client(cloud.settings)
        self.posts, self.labels = PostTable(self.client, dataset), LabelTable(self.client, dataset)
        self.verdicts, self.takedowns = (
            VerdictTable(self.client, dataset),
            TakedownTable(self.client, dataset),
        )

    @classmethod
    def set_up(cls, cloud: LocalCloud) -> "Scene":
        """One with tables of its own, empty."""
        scene = cls(cloud, f"scene_{uuid.uuid4().hex[:12]}")
        create_tables(scene.client, scene.dataset)
        return scene

    def receive(self, posts: Iterable[Post]) -> None:
        """Stores posts as judge_post does before it judges them."""
        self.posts.append(posts, datetime.now(UTC))

    def rows(self, table: str, posts: Iterable[Post]) -> list[Mapping[str, Any]]:
        """The rows of a table or view about `posts`, by post and revision."""
        sql = f"SELECT * FROM {table} WHERE post_id IN UNNEST(@wanted) ORDER BY post_id, revision"  # noqa: S608 - ours
        wanted = sorted({post.post_id for post in posts})
        return [dict(row.items()) for row in read_rows(self.client, self.dataset, sql, wanted=wanted)]

    def steps(self, posts: Iterable[Post]) -> list[list[str]]:
        """The recorded steps of each post's takedown in the order of the walk, a repeated one once."""
        wanted = list(posts)
        rows = sorted(self.rows("takedowns", wanted), key=lambda row: row["rank"])
        return [
            list(dict.fromkeys(row["state"] for row in rows if row["post_id"] == post.post_id))
            for post in wanted
        ]

    def states(self, posts: Iterable[Post]) -> list[str]:
        """Where the takedown of each post that has one stands."""
        return [row["state"] for row in self.rows("takedowns_latest", posts)]

    def queue(self, posts: Iterable[Post]) -> set[str]:
        """The ids of those posts that wait for a person."""
        return {row["post_id"] for row in self.rows("review_queue", posts)}

    def answer(self, post: Post, answer: Answer = Answer.OK) -> None:
        """Stores a person's answer as record_review does before it restores anything."""
        self.labels.append([label_of(post, answer)])

    def record(self, post: Post, state: TakedownState, age: timedelta = timedelta()) -> Takedown:
        """Records a step of the post's takedown as taken `age` ago."""
        step = Takedown(
            post_id=post.post_id,
            revision=post.revision,
            state=state,
            detector="bayes",
            model_version="bayes-20260101-0000000000",
            violation_class="affiliate_lure",
            recorded_at=datetime.now(UTC) - age,
        )
        self.takedowns.append([step])
        return step


def label_of(post: Post, answer: Answer, answered_at: datetime | None = None) -> ReviewLabel:
    """A person's answer on the post."""
    return ReviewLabel(
        label_id=f"msg_{uuid.uuid4().hex}",
        post_id=post.post_id,
        revision=post.revision,
        answer=answer,
        violation_class="" if answer is Answer.OK else "affiliate_lure",
        source=Source.APPEAL,
        reviewer="r-1",
        answered_at=answered_at or datetime.now(UTC),
    )


def tampered_with(weights: bytes) -> bytes:
    """The same weights but for one bit, whatever they hold."""
    return weights[:-9] + bytes([weights[-9] ^ 1]) + weights[-8:]


class Models:
    """A bucket of models."""

    def __init__(self, cloud: LocalCloud, bucket: str = MODEL_BUCKET) -> None:
        self.bucket = bucket
        self.objects = ObjectStore(storage_client(cloud.settings), bucket)
        self.store = ModelStore(self.objects, cloud.environment["SEKISHO_MODEL_KEY"].encode())

    @classmethod
    def empty(cls, cloud: LocalCloud) -> "Models":
        """A bucket of a test's own."""
        name = f"models-{uuid.uuid4().hex[:12]}"
        create_bucket(cloud.settings, name)
        return cls(cloud, name)

    @classmethod
    def copied(cls, cloud: LocalCloud, damage: Callable[[bytes], bytes] = bytes) -> "Models":
        """A bucket of a test's own with the model that serves, its weights passed through `damage`."""
        found, copy = cls(cloud), cls.empty(cloud)
        version = found.store.current().version
        assert version
        for name in ("model.pickle", "manifest.json", "examined.pickle", "examined.json"):
            path = f"models/bayes/{version}/{name}"
            data = found.objects.read(path)
            assert data
            copy.objects.write_once(path, damage(data[0]) if name == "model.pickle" else data[0])
        copy.store.promote(version, copy.store.current(), datetime.now(UTC))
        return copy


def signed(secret: str, body: bytes, at: datetime | None = None) -> dict[str, str]:
    """The headers of a webhook with `body`, as the platform signs it."""
    webhook_id, at = f"msg_{uuid.uuid4().hex}", at or datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        # The library signs text, a webhook may hold any bytes: latin-1 would change them, so ASCII only.
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body.decode("ascii")),
    }


def pushed(data: bytes) -> dict[str, Any]:
    """The body of a push request that brings `data`."""
    message = {"data": base64.b64encode(data).decode(), "messageId": uuid.uuid4().hex, "attributes": {}}
    return {"message": message, "subscription": "projects/sekisho-local/subscriptions/judge-post"}
