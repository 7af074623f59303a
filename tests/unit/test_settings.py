"""Settings: whatever is missing or wrong is named, and no secret is ever in a message."""

from collections.abc import Callable
from typing import Any

import pytest

from shared import settings
from shared.errors import ConfigError

SECRET = "s3cret"
MODELS = {"SEKISHO_MODEL_BUCKET": "models", "SEKISHO_MODEL_KEY": "k" * 16}
PLATFORM = {
    "SEKISHO_TAKEDOWNS": "platform",
    "SEKISHO_PLATFORM_URL": "https://platform.example/base",
    "SEKISHO_PLATFORM_TOKEN": SECRET,
}
KPIS = {
    "SEKISHO_KPI_TABLES": "gs://bucket/kpi_tables",
    "SEKISHO_CALENDAR": "gs://bucket/calendar.yaml",
    "SEKISHO_STATE_BUCKET": "state",
}
SLACK = {"SEKISHO_ALERTS": "slack", "SEKISHO_SLACK_TOKEN": SECRET}


def refusal(read: Callable[[dict[str, str]], Any], env: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as raised:
        read(env)
    return str(raised.value)


@pytest.mark.parametrize(
    ("read", "env", "name"),
    [
        (settings.cloud, {}, "GOOGLE_CLOUD_PROJECT"),
        (settings.models, {"SEKISHO_MODEL_BUCKET": "b"}, "SEKISHO_MODEL_KEY"),
        (settings.models, {"SEKISHO_MODEL_KEY": "k" * 16}, "SEKISHO_MODEL_BUCKET"),
        (settings.platform, PLATFORM | {"SEKISHO_PLATFORM_URL": ""}, "SEKISHO_PLATFORM_URL"),
        (settings.platform, PLATFORM | {"SEKISHO_PLATFORM_TOKEN": ""}, "SEKISHO_PLATFORM_TOKEN"),
        (settings.moderation, {}, "SEKISHO_MODERATION"),
        (settings.banned_words, {}, "SEKISHO_BANNED_WORDS"),
        (settings.webhook_secret, {}, "SEKISHO_WEBHOOK_SECRET"),
        (settings.kpis, KPIS | {"SEKISHO_KPI_TABLES": ""}, "SEKISHO_KPI_TABLES"),
        (settings.kpis, KPIS | {"SEKISHO_CALENDAR": ""}, "SEKISHO_CALENDAR"),
        (settings.kpis, KPIS | {"SEKISHO_STATE_BUCKET": ""}, "SEKISHO_STATE_BUCKET"),
        (settings.alerts, {"SEKISHO_ALERTS": "slack"}, "SEKISHO_SLACK_TOKEN"),
    ],
)
def test_a_variable_that_is_missing_or_empty_is_named(
    read: Callable[[dict[str, str]], Any], env: dict[str, str], name: str
) -> None:
    assert refusal(read, env).startswith(f"{name}: expected ")
    assert refusal(read, {**env, name: ""}).startswith(f"{name}: expected ")


def test_a_cloud_has_emulators_only_where_they_are_told() -> None:
    assert settings.cloud({"GOOGLE_CLOUD_PROJECT": "p"}) == settings.Cloud("p", "sekisho")
    empty = {"SEKISHO_DATASET": "", "BIGQUERY_EMULATOR_HOST": "", "STORAGE_EMULATOR_HOST": ""}
    assert settings.cloud({"GOOGLE_CLOUD_PROJECT": "p"} | empty) == settings.Cloud("p", "sekisho")
    told = {"SEKISHO_DATASET": "d", "BIGQUERY_EMULATOR_HOST": "b", "STORAGE_EMULATOR_HOST": "s"}
    env = {"GOOGLE_CLOUD_PROJECT": "p", "PUBSUB_EMULATOR_HOST": "q"} | told
    assert settings.cloud(env) == settings.Cloud("p", "d", "b", "s", "q")


@pytest.mark.parametrize(
    ("key", "accepted"), [("k" * 15, False), ("k" * 16, True), ("鍵" * 5, False), ("鍵" * 6, True)]
)
def test_a_model_key_has_at_least_16_bytes(key: str, accepted: bool) -> None:
    env = MODELS | {"SEKISHO_MODEL_KEY": key}
    if accepted:
        assert settings.models(env) == settings.Models("models", key.encode())
    else:
        message = refusal(settings.models, env)
        assert message.startswith("SEKISHO_MODEL_KEY: expected at least 16 bytes, came 15")
        assert key not in message
    assert settings.model_key({}) == b""


@pytest.mark.parametrize("env", [{}, {"SEKISHO_TAKEDOWNS": ""}, {"SEKISHO_TAKEDOWNS": "dry_run"}])
def test_takedowns_are_off_unless_switched_on(env: dict[str, str]) -> None:
    assert not settings.platform({**PLATFORM, "SEKISHO_TAKEDOWNS": "dry_run"} | env).acts
    assert settings.platform(env) == settings.Platform("", "", acts=False)


@pytest.mark.parametrize("wrong", ["Platform", "true", "1", "on", " platform"])
def test_takedowns_are_not_switched_on_by_a_word_nobody_meant(wrong: str) -> None:
    assert refusal(settings.platform, PLATFORM | {"SEKISHO_TAKEDOWNS": wrong}).startswith(
        "SEKISHO_TAKEDOWNS: "
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://platform.example",
        "https://p.example/base/",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://localhost/x",
    ],
)
def test_the_platform_is_called_over_tls_or_on_this_machine(url: str) -> None:
    found = settings.platform(PLATFORM | {"SEKISHO_PLATFORM_URL": url})
    assert found == settings.Platform(url, SECRET, acts=True)


@pytest.mark.parametrize(
    "url",
    [
        "platform.example",
        "http://platform.example",
        "http://127.0.0.1.platform.example",
        "http://localhost.platform.example",
        "http://localhost@platform.example",
        "https://",
        "https:///path",
        "ftp://127.0.0.1",
        " https://platform.example",
    ],
)
def test_the_token_is_not_sent_in_the_clear_to_elsewhere(url: str) -> None:
    message = refusal(settings.platform, PLATFORM | {"SEKISHO_PLATFORM_URL": url})
    assert message.startswith("SEKISHO_PLATFORM_URL: expected https://")
    assert SECRET not in message


@pytest.mark.parametrize(
    "token", [f"{SECRET}\n", f" {SECRET}", f"{SECRET}\r\nX: 1", f"{SECRET}é", f"{SECRET} x"]
)
def test_a_token_no_header_can_carry_is_told_without_telling_it(token: str) -> None:
    message = refusal(settings.platform, PLATFORM | {"SEKISHO_PLATFORM_TOKEN": token})
    assert message.startswith("SEKISHO_PLATFORM_TOKEN: expected ")
    assert SECRET not in message


NUMBERS: list[tuple[Callable[[dict[str, str]], float], str, float, float, float]] = [
    (settings.judging_days, "SEKISHO_JUDGING_DAYS", 3, 1, 30),
    (settings.training_lag_days, "SEKISHO_TRAINING_LAG_DAYS", 5, 3, 7),
    (settings.training_window_days, "SEKISHO_TRAINING_WINDOW_DAYS", 60, 7, 365),
    (settings.training_margin, "SEKISHO_TRAINING_MARGIN", 0.05, 0.0, 1.0),
    (settings.run_seconds, "SEKISHO_RUN_SECONDS", 480, 10, 3_000),
    (settings.largest_query_gb, "SEKISHO_LARGEST_QUERY_GB", 100, 1, 100_000),
]


@pytest.mark.parametrize(
    ("read", "name", "default", "lowest", "highest"), NUMBERS, ids=[row[1] for row in NUMBERS]
)
def test_a_number_has_a_default_and_bounds(
    read: Callable[[dict[str, str]], float], name: str, default: float, lowest: float, highest: float
) -> None:
    assert read({}) == read({name: ""}) == default
    assert read({name: str(lowest)}) == lowest
    assert read({name: str(highest)}) == highest
    for wrong in (lowest - 1, highest + 1, "x", "nan", "1e9", "--3", "3 days"):
        message = refusal(read, {name: str(wrong)})
        assert message == f"{name}: expected a number from {lowest} to {highest}, came {str(wrong)!r}"


@pytest.mark.parametrize("wrong", ["Tokyo", "Asia", "JST+9x", "../etc/passwd", "Asia/Tokyo\n", "a\x00b"])
def test_a_time_zone_that_is_none_is_named(wrong: str) -> None:
    assert refusal(settings.time_zone, {"SEKISHO_TIME_ZONE": wrong}).startswith("SEKISHO_TIME_ZONE: ")


def test_what_may_be_left_out_has_a_default() -> None:
    assert settings.time_zone({}).key == settings.time_zone({"SEKISHO_TIME_ZONE": ""}).key == "Asia/Tokyo"
    assert settings.time_zone({"SEKISHO_TIME_ZONE": "UTC"}).key == "UTC"
    assert settings.words({}) == settings.words({"SEKISHO_DICTIONARY": ""}) == settings.Words(None, None)
    assert settings.intake({}) == settings.Intake("new-posts", "new-posts-dead")
    assert settings.intake(
        {"SEKISHO_NEW_POSTS_TOPIC": "n", "SEKISHO_DEAD_POSTS_TOPIC": "d"}
    ) == settings.Intake("n", "d")
    assert settings.code_revision({}) == "unknown"
    assert settings.code_revision({"K_REVISION": "k"}) == "k"
    assert settings.code_revision({"K_REVISION": "k", "SEKISHO_CODE_REVISION": "c"}) == "c"


def test_alerts_stay_on_the_console_until_slack_is_asked_for() -> None:
    assert settings.alerts({}) == settings.Alerts(to_slack=False, channel="#kpi-alerts", language="en")
    assert settings.alerts({"SEKISHO_SLACK_TOKEN": SECRET}).token == ""
    told = settings.alerts(SLACK | {"SEKISHO_LANGUAGE": "ja", "SEKISHO_ALERT_CHANNEL": "#kpis"})
    assert told == settings.Alerts(
        to_slack=True, channel="#kpis", language="ja", token=SECRET, api_url="https://slack.com/api/"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SEKISHO_ALERTS", "email"),
        ("SEKISHO_LANGUAGE", "jp"),
        ("SEKISHO_SLACK_API_URL", "http://slack.example/api/"),
        ("SEKISHO_SLACK_TOKEN", f"{SECRET}\n"),
    ],
)
def test_a_wrong_setting_of_alerts_is_named_without_telling_the_token(name: str, value: str) -> None:
    message = refusal(settings.alerts, SLACK | {name: value})
    assert message.startswith(f"{name}: expected ")
    assert SECRET not in message


def test_slack_on_this_machine_may_be_spoken_to_in_the_clear() -> None:
    url = "http://127.0.0.1:8080/api/"
    assert settings.alerts(SLACK | {"SEKISHO_SLACK_API_URL": url}).api_url == url


def test_checks_are_asked_for_over_a_topic_of_their_own() -> None:
    assert settings.kpis(KPIS).topic == "kpi-tables"
    assert settings.kpis(KPIS | {"SEKISHO_KPI_TOPIC": "t"}).topic == "t"


def test_features_are_told_as_they_were_named_and_nothing_means_all() -> None:
    assert settings.features({}) == ""
    assert settings.features({"SEKISHO_FEATURES": "words,masks"}) == "words,masks"


def test_no_precision_is_asked_for_unless_one_is_set() -> None:
    name = "SEKISHO_TAKE_DOWN_PRECISION"
    assert settings.take_down_precision({}) is None
    assert settings.take_down_precision({name: ""}) is None
    assert settings.take_down_precision({name: "0.9999"}) == 0.9999
    assert settings.take_down_precision({name: "0.5"}) == 0.5


@pytest.mark.parametrize("value", ["0.49", "1", "90", "high", "nan"])
def test_a_precision_nobody_can_promise_is_refused(value: str) -> None:
    message = refusal(settings.take_down_precision, {"SEKISHO_TAKE_DOWN_PRECISION": value})
    assert message == f"SEKISHO_TAKE_DOWN_PRECISION: expected a number from 0.5 to 0.9999, came {value!r}"


def test_wrong_takedowns_have_no_limit_unless_one_is_set() -> None:
    assert settings.max_wrong_takedowns_per_day({}) is None
    assert settings.max_wrong_takedowns_per_day({"SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY": ""}) is None
    assert settings.max_wrong_takedowns_per_day({"SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY": "0.5"}) == 0.5


@pytest.mark.parametrize("value", ["0", "-1", "many", "nan", "1e7"])
def test_a_limit_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY"):
        settings.max_wrong_takedowns_per_day({"SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY": value})


def test_training_counts_the_days_it_keeps_unless_it_is_told_to_count_in_bigquery() -> None:
    assert settings.counts_source({}) == settings.counts_source({"SEKISHO_COUNTS": ""}) == "days"
    assert settings.counts_source({"SEKISHO_COUNTS": "days"}) == "days"
    assert settings.counts_source({"SEKISHO_COUNTS": "bigquery"}) == "bigquery"
    expected = "SEKISHO_COUNTS: expected days or bigquery, came 'BigQuery'"
    assert refusal(settings.counts_source, {"SEKISHO_COUNTS": "BigQuery"}) == expected


def test_what_fits_is_exact_unless_cmdstan_is_asked_for() -> None:
    assert settings.optimiser({}) == settings.optimiser({"SEKISHO_OPTIMISER": ""}) == "exact"
    assert settings.optimiser({"SEKISHO_OPTIMISER": "exact"}) == "exact"
    assert settings.optimiser({"SEKISHO_OPTIMISER": "cmdstan"}) == "cmdstan"
    expected = "SEKISHO_OPTIMISER: expected exact or cmdstan, came 'stan'"
    assert refusal(settings.optimiser, {"SEKISHO_OPTIMISER": "stan"}) == expected
