"""The hourly fan-out: one message for every watched table whose day is due, however many there are."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path

import grpc
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from infra.local.cloud import KPI_TABLES_TOPIC, PROJECT, LocalCloud
from shared.kpi.tables import TOKYO
from tests.benchmarks.kpi_load.tables import LAST_DAY, Load
from tests.benchmarks.scale_load.curve import Curve, Point

MORNING = datetime.combine(LAST_DAY + timedelta(days=1), clock(9, 30), TOKYO)
TOPIC = f"projects/{PROJECT}/topics/{KPI_TABLES_TOPIC}"


def fanned_out(cloud: LocalCloud, folder: Path, sizes: Sequence[int]) -> tuple[Curve, list[str]]:
    """check_kpis asked about so many tables; every one must have its message, once."""
    assert cloud.settings.pubsub_emulator
    points, problems = [], []
    with grpc.insecure_channel(cloud.settings.pubsub_emulator) as channel:
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        for size in sizes:
            for file in folder.glob("*.yaml"):
                file.unlink()
            Load("fan", size, 90).configure_in(folder)
            name = f"projects/{PROJECT}/subscriptions/scale-{size}"
            subscriber.create_subscription(name=name, topic=TOPIC)
            begun = time.perf_counter()
            answer = cloud.post("check_kpis", {"now": MORNING.isoformat()})
            seconds = time.perf_counter() - begun
            if answer.status_code != 200:
                raise SystemExit(f"scale: expected check_kpis to answer 200, came {answer.text[:300]}")
            held = _held(subscriber, name, size)
            subscriber.delete_subscription(subscription=name)
            if held != size or answer.json()["asked"] != size:
                problems.append(
                    f"fan-out: expected {size} messages, came {held} ({answer.json()['asked']} asked)"
                )
            points.append(Point(size, seconds, (str(held),)))
    return Curve("check_kpis asks for every table that is due", "tables", points, ("messages",)), problems


def _held(subscriber: SubscriberClient, name: str, expected: int) -> int:
    """How many messages a subscription holds."""
    held: set[str] = set()
    while len(held) < expected:
        found = subscriber.pull(subscription=name, max_messages=1_000, timeout=20).received_messages
        if not found:
            break
        held |= {each.message.message_id for each in found}
        subscriber.acknowledge(subscription=name, ack_ids=[each.ack_id for each in found])
    return len(held)
