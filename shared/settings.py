"""Settings: what the environment of a function says. The only reader of os.environ.

Every function reads only the parts it needs, when it is first called. A variable that is missing or
wrong is a ConfigError that names it, says what was expected and what came. Secrets are mounted into
the environment from Secret Manager; their values never appear in an error.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
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
class Collector:
    """Where OpenTelemetry's spans go, and which function tells them."""

    url: str
    function: str


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


@dataclass(frozen=True)
class Kpis:
    """Where the configuration of KPI tables is, how checks are asked for, where their claims are kept."""

    tables: str
    calendar: str
    topic: str
    state_bucket: str


@dataclass(frozen=True)
class Alerts:
    """Where alerts go and in which language. `token` and `api_url` are Slack's; empty for the console."""

    to_slack: bool
    channel: str
    language: Literal["en", "ja"]
    token: str = ""
    api_url: str = ""


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


def project_name(env: Environment = os.environ) -> str:
    """GOOGLE_CLOUD_PROJECT; "" where nobody said, which `cloud` refuses and a log line can do without."""
    return env.get("GOOGLE_CLOUD_PROJECT", "")


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
    _check_url("SEKISHO_PLATFORM_URL", url)
    token = required("SEKISHO_PLATFORM_TOKEN", "a bearer token", env)
    _check_token("SEKISHO_PLATFORM_TOKEN", token)
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


def kpis(env: Environment = os.environ) -> Kpis:
    """SEKISHO_KPI_TABLES, _CALENDAR (paths or gs://), _KPI_TOPIC (kpi-tables) and _STATE_BUCKET."""
    return Kpis(
        tables=required("SEKISHO_KPI_TABLES", "a folder or gs://bucket/prefix of KPI tables' files", env),
        calendar=required("SEKISHO_CALENDAR", "a path or gs://bucket/name of calendar.yaml", env),
        topic=kpi_topic(env),
        state_bucket=required("SEKISHO_STATE_BUCKET", "a bucket name", env),
    )


def kpi_topic(env: Environment = os.environ) -> str:
    """SEKISHO_KPI_TOPIC: over which checks are asked for; kpi-tables by default."""
    return env.get("SEKISHO_KPI_TOPIC") or "kpi-tables"


def alerts(env: Environment = os.environ) -> Alerts:
    """SEKISHO_ALERTS (slack, or console as long as nothing is said), _ALERT_CHANNEL, _LANGUAGE (en or ja).

    SEKISHO_SLACK_TOKEN and _SLACK_API_URL are read only where alerts go to Slack.
    """
    kind, language = env.get("SEKISHO_ALERTS") or "console", env.get("SEKISHO_LANGUAGE") or "en"
    channel = env.get("SEKISHO_ALERT_CHANNEL") or "#kpi-alerts"
    if kind not in ("slack", "console"):
        raise ConfigError(f"SEKISHO_ALERTS: expected slack or console, came {kind!r}")
    if language not in ("en", "ja"):
        raise ConfigError(f"SEKISHO_LANGUAGE: expected en or ja, came {language!r}")
    spoken: Literal["en", "ja"] = "ja" if language == "ja" else "en"
    if kind == "console":
        return Alerts(to_slack=False, channel=channel, language=spoken)
    url = env.get("SEKISHO_SLACK_API_URL") or "https://slack.com/api/"
    _check_url("SEKISHO_SLACK_API_URL", url)
    token = required("SEKISHO_SLACK_TOKEN", "a bot token (xoxb-…)", env)
    _check_token("SEKISHO_SLACK_TOKEN", token)
    return Alerts(to_slack=True, channel=channel, language=spoken, token=token, api_url=url)


def largest_query_gb(env: Environment = os.environ) -> int:
    """SEKISHO_LARGEST_QUERY_GB: what one reading of a KPI table may scan at most; 100 by default."""
    return number("SEKISHO_LARGEST_QUERY_GB", 100, 1, 100_000, int, env)


def optimiser(env: Environment = os.environ) -> Literal["exact", "cmdstan"]:
    """SEKISHO_OPTIMISER: what fits Prophet; exact (the default, in this process), or cmdstan, its own."""
    name = env.get("SEKISHO_OPTIMISER") or "exact"
    if name not in ("exact", "cmdstan"):
        raise ConfigError(f"SEKISHO_OPTIMISER: expected exact or cmdstan, came {name!r}")
    return "cmdstan" if name == "cmdstan" else "exact"


def code_revision(env: Environment = os.environ) -> str:
    """The revision of the code that runs: SEKISHO_CODE_REVISION, else Cloud Run's K_REVISION."""
    return env.get("SEKISHO_CODE_REVISION") or env.get("K_REVISION") or "unknown"


def collector(env: Environment = os.environ) -> Collector | None:
    """SEKISHO_COLLECTOR_URL: the base URL of an OpenTelemetry collector, OTLP over HTTP; None without."""
    url = env.get("SEKISHO_COLLECTOR_URL", "").rstrip("/")
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"SEKISHO_COLLECTOR_URL: expected http://… or https://…, came {url!r}")
    return Collector(url, env.get("FUNCTION_TARGET") or env.get("K_SERVICE") or "function")


def judging_days(env: Environment = os.environ) -> int:
    """SEKISHO_JUDGING_DAYS: how many days back the sweep looks for posts without a verdict; 3 by default."""
    return number("SEKISHO_JUDGING_DAYS", 3, 1, 30, int, env)


def training_lag_days(env: Environment = os.environ) -> int:
    """SEKISHO_TRAINING_LAG_DAYS: days before today that people have not finished with; 5, from 3 to 7."""
    return number("SEKISHO_TRAINING_LAG_DAYS", 5, 3, 7, int, env)


def training_window_days(env: Environment = os.environ) -> int:
    """SEKISHO_TRAINING_WINDOW_DAYS: days of posts a model learns from; 60 by default."""
    return number("SEKISHO_TRAINING_WINDOW_DAYS", 60, 7, 365, int, env)


def features(env: Environment = os.environ) -> str:
    """SEKISHO_FEATURES: what is counted of posts, names of shared/spam/features.py; all by default.

    They are read there (`features_named`): naming them here would load MeCab into every function.
    """
    return env.get("SEKISHO_FEATURES", "")


def take_down_precision(env: Environment = os.environ) -> float | None:
    """SEKISHO_TAKE_DOWN_PRECISION: what share of takedowns must be right on held-out posts.

    0.90 by default, unless a number of wrong takedowns a day is told instead (`TrainingRules`).
    """
    return _number_if_told("SEKISHO_TAKE_DOWN_PRECISION", 0.5, 0.9999, env)


def max_wrong_takedowns_per_day(env: Environment = os.environ) -> float | None:
    """SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY: how many wrong takedowns a day are bearable; no limit by default.

    Told alone, no precision is asked for. Told with one, takedowns keep to both.
    """
    return _number_if_told("SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY", 0.001, 1_000_000, env)


def training_margin(env: Environment = os.environ) -> float:
    """SEKISHO_TRAINING_MARGIN: average precision a new model may lose against the serving one; 0.05."""
    return number("SEKISHO_TRAINING_MARGIN", 0.05, 0.0, 1.0, float, env)


def counts_source(env: Environment = os.environ) -> Literal["days", "bigquery"]:
    """SEKISHO_COUNTS: what training counts; days kept in Cloud Storage (the default), or bigquery."""
    source = env.get("SEKISHO_COUNTS") or "days"
    if source not in ("days", "bigquery"):
        raise ConfigError(f"SEKISHO_COUNTS: expected days or bigquery, came {source!r}")
    return "bigquery" if source == "bigquery" else "days"


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


def _number_if_told(name: str, lowest: float, highest: float, env: Environment) -> float | None:
    return number(name, lowest, lowest, highest, float, env) if env.get(name) else None


def _check_url(name: str, url: str) -> None:
    """A secret is sent there: never in the clear, but to this machine."""
    if not re.match(r"https://[^/\s]|http://(127\.0\.0\.1|localhost)(:\d+)?(/|\Z)", url):
        raise ConfigError(f"{name}: expected https:// (or http:// on this machine), came {url!r}")


def _check_token(name: str, token: str) -> None:
    if not re.fullmatch("[!-~]+", token):
        raise ConfigError(
            f"{name}: expected printable ASCII without white space, came other characters "
            "(often a line break at the secret's end)"
        )
