"""Settings: what the environment of a function says. The only reader of os.environ.

Every function reads only the parts it needs, when it is first called. A variable that is missing or
wrong is a ConfigError that names it, says what was expected and what came. Secrets are mounted into
the environment from Secret Manager; their values never appear in an error.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import ConfigError


@dataclass(frozen=True)
class Cloud:
    """Where BigQuery, Cloud Storage and Pub/Sub are. The emulators are None in the real cloud."""

    project: str
    dataset: str
    bigquery_emulator: str | None = None  # http://127.0.0.1:PORT
    storage_emulator: str | None = None  # http://127.0.0.1:PORT
    pubsub_emulator: str | None = None  # 127.0.0.1:PORT


@dataclass(frozen=True)
class Models:
    """Where models are kept, and the key their signatures are made with."""

    bucket: str
    key: bytes


@dataclass(frozen=True)
class Platform:
    """The platform's HTTP JSON API. `acts` is off by default: takedowns are then only logged."""

    url: str
    token: str
    acts: bool


@dataclass(frozen=True)
class Words:
    """MeCab's dictionaries: a system one other than IPADIC (NEologd), a user one besides it."""

    dictionary: str | None = None
    user_dictionary: str | None = None


@dataclass(frozen=True)
class Intake:
    """The topic new posts go through, and the one for messages that can never be judged."""

    new_posts: str
    dead_posts: str


Environment = Mapping[str, str]

SHORTEST_KEY = 16
"""Bytes of a key that seals models."""


def cloud(env: Environment = os.environ) -> Cloud:
    """The cloud to work in: GOOGLE_CLOUD_PROJECT, SEKISHO_DATASET and, on a laptop, the emulators."""
    return Cloud(
        project=required("GOOGLE_CLOUD_PROJECT", "a project id", env),
        dataset=env.get("SEKISHO_DATASET") or "sekisho",
        bigquery_emulator=env.get("BIGQUERY_EMULATOR_HOST") or None,
        storage_emulator=env.get("STORAGE_EMULATOR_HOST") or None,
        pubsub_emulator=env.get("PUBSUB_EMULATOR_HOST") or None,
    )


def models(env: Environment = os.environ) -> Models:
    """SEKISHO_MODEL_BUCKET and SEKISHO_MODEL_KEY."""
    required("SEKISHO_MODEL_KEY", "the secret that seals models", env)
    return Models(bucket=required("SEKISHO_MODEL_BUCKET", "a bucket name", env), key=model_key(env))


def model_key(env: Environment = os.environ) -> bytes:
    """SEKISHO_MODEL_KEY, at least 16 bytes; empty where it is not set."""
    key = env.get("SEKISHO_MODEL_KEY", "").encode()
    if key and len(key) < SHORTEST_KEY:
        raise ConfigError(f"SEKISHO_MODEL_KEY: expected at least {SHORTEST_KEY} bytes, came {len(key)}")
    return key


def platform(env: Environment = os.environ) -> Platform:
    """SEKISHO_PLATFORM_URL and _TOKEN, read only where SEKISHO_TAKEDOWNS=platform: takedowns in earnest."""
    takedowns = env.get("SEKISHO_TAKEDOWNS") or "dry_run"
    if takedowns not in ("platform", "dry_run"):
        raise ConfigError(f"SEKISHO_TAKEDOWNS: expected platform or dry_run, came {takedowns!r}")
    if takedowns == "dry_run":
        return Platform(url="", token="", acts=False)
    url = required("SEKISHO_PLATFORM_URL", "the base URL of the platform's API", env)
    if not re.match(r"https://[^/\s]|http://(127\.0\.0\.1|localhost)(:\d+)?(/|\Z)", url):
        raise ConfigError(
            f"SEKISHO_PLATFORM_URL: expected https:// (or http:// on this machine), came {url!r}"
        )
    token = required("SEKISHO_PLATFORM_TOKEN", "a bearer token", env)
    if not re.fullmatch("[!-~]+", token):
        raise ConfigError(
            "SEKISHO_PLATFORM_TOKEN: expected printable ASCII without white space, came other characters "
            "(often a line break at the secret's end)"
        )
    return Platform(url=url, token=token, acts=True)


def words(env: Environment = os.environ) -> Words:
    """SEKISHO_DICTIONARY and SEKISHO_USER_DICTIONARY, both optional."""
    return Words(env.get("SEKISHO_DICTIONARY") or None, env.get("SEKISHO_USER_DICTIONARY") or None)


def intake(env: Environment = os.environ) -> Intake:
    """SEKISHO_NEW_POSTS_TOPIC and SEKISHO_DEAD_POSTS_TOPIC."""
    return Intake(
        new_posts=env.get("SEKISHO_NEW_POSTS_TOPIC") or "new-posts",
        dead_posts=env.get("SEKISHO_DEAD_POSTS_TOPIC") or "new-posts-dead",
    )


def moderation(env: Environment = os.environ) -> str:
    """SEKISHO_MODERATION: where moderation.yaml is, a path or gs://bucket/name."""
    return required("SEKISHO_MODERATION", "a path or gs://bucket/name of moderation.yaml", env)


def banned_words(env: Environment = os.environ) -> str:
    """SEKISHO_BANNED_WORDS: where the list is; needed only where moderation.yaml names that detector."""
    return required("SEKISHO_BANNED_WORDS", "a path or gs://bucket/name of banned_words.txt", env)


def code_revision(env: Environment = os.environ) -> str:
    """The revision of the code that runs: SEKISHO_CODE_REVISION, else Cloud Run's K_REVISION."""
    return env.get("SEKISHO_CODE_REVISION") or env.get("K_REVISION") or "unknown"


def judging_days(env: Environment = os.environ) -> int:
    """SEKISHO_JUDGING_DAYS: how many days back the sweep looks for posts without a verdict; 3 by default."""
    return number("SEKISHO_JUDGING_DAYS", 3, 1, 30, int, env)


def training_lag_days(env: Environment = os.environ) -> int:
    """SEKISHO_TRAINING_LAG_DAYS: days before today that people have not finished with; 5, from 3 to 7."""
    return number("SEKISHO_TRAINING_LAG_DAYS", 5, 3, 7, int, env)


def training_window_days(env: Environment = os.environ) -> int:
    """SEKISHO_TRAINING_WINDOW_DAYS: days of posts a model learns from; 60 by default."""
    return number("SEKISHO_TRAINING_WINDOW_DAYS", 60, 7, 365, int, env)


def take_down_precision(env: Environment = os.environ) -> float:
    """SEKISHO_TAKE_DOWN_PRECISION: what share of takedowns must be right on held-out posts; 0.90."""
    return number("SEKISHO_TAKE_DOWN_PRECISION", 0.90, 0.5, 0.9999, float, env)


def training_margin(env: Environment = os.environ) -> float:
    """SEKISHO_TRAINING_MARGIN: average precision a new model may lose against the serving one; 0.05."""
    return number("SEKISHO_TRAINING_MARGIN", 0.05, 0.0, 1.0, float, env)


def run_seconds(env: Environment = os.environ) -> int:
    """SEKISHO_RUN_SECONDS: when a sweep begins nothing more; 480, to stay within a time-out of 540."""
    return number("SEKISHO_RUN_SECONDS", 480, 10, 3_000, int, env)


def webhook_secret(env: Environment = os.environ) -> str:
    """SEKISHO_WEBHOOK_SECRET: what the platform signs its webhooks with (whsec_ and base64)."""
    return required("SEKISHO_WEBHOOK_SECRET", "the webhooks' shared secret (whsec_…)", env)


def time_zone(env: Environment = os.environ) -> ZoneInfo:
    """SEKISHO_TIME_ZONE: the zone whose midnight ends a day of moderation; Asia/Tokyo by default."""
    name = env.get("SEKISHO_TIME_ZONE") or "Asia/Tokyo"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of zones, such as Asia
        raise ConfigError(
            f"SEKISHO_TIME_ZONE: expected an IANA name such as Asia/Tokyo, came {name!r}"
        ) from error


def required(name: str, meaning: str, env: Environment = os.environ) -> str:
    """The variable `name`, which must be set."""
    value = env.get(name, "")
    if not value:
        raise ConfigError(f"{name}: expected {meaning}, came nothing; set it in the function's environment")
    return value


def number[N: (int, float)](
    name: str, default: N, lowest: N, highest: N, kind: Callable[[str], N], env: Environment = os.environ
) -> N:
    """The variable `name` as a number between `lowest` and `highest`, `default` where it is not set."""
    text = env.get(name, "")
    if not text:
        return default
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not lowest <= value <= highest:
        raise ConfigError(f"{name}: expected a number from {lowest} to {highest}, came {text!r}")
    return value
