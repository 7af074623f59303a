"""tokenize_posts as BigQuery calls it: calls over HTTP, a reply for each in order, refusals it can tell."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from infra.local.cloud import LocalCloud
from infra.local.sample.posts import SampleSizes, sample_posts
from shared.spam.counts import array_of
from shared.spam.features import DEFAULT_FEATURES, FEATURES, Featurizer
from shared.spam.judging import LONGEST_JUDGED_BODY, LONGEST_JUDGED_TITLE
from shared.spam.posts import Post
from shared.spam.tokenizing import MOST_CALLS
from shared.spam.tokens import Tokenizer
from tests.functions.stage import MARKER, Crew

NOW = datetime.now(UTC)


def ask(cloud: LocalCloud, **fields: Any) -> requests.Response:
    """One request as BigQuery writes it."""
    request = {
        "requestId": "124ab1c",
        "caller": "//bigquery.googleapis.com/projects/sekisho/jobs/bquxjob_1",
        "sessionUser": "sekisho-tokens@sekisho.iam.gserviceaccount.com",
        **fields,
    }
    return requests.post(cloud.function_url("tokenize_posts"), json=request, timeout=60)


def replies(cloud: LocalCloud, calls: list[list[Any]], **more: Any) -> list[Any]:
    response = ask(cloud, calls=calls, **more)
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["replies"]
    return list(response.json()["replies"])


def counted(title: str, body: str, *features: str) -> list[int]:
    """What training counts such a post by."""
    featurizer = Featurizer(features or DEFAULT_FEATURES, Tokenizer())
    found: list[int] = array_of(featurizer.tokens(Post("p", 1, NOW, NOW, title, body)).ids()).tolist()
    return found


@pytest.mark.smoke("tokenize_posts")
def test_each_post_gets_the_ids_that_training_counts_it_by(local_cloud: LocalCloud) -> None:
    posts = sample_posts(SampleSizes(days=1, posts_per_day=25, violation_share=0.4), NOW, 7).posts
    calls = [[f"{MARKER} {post.title}", f"<p>{MARKER}</p>{post.body}"] for post in posts]

    found = replies(local_cloud, calls)

    assert found == [counted(*call) for call in calls]
    assert len({tuple(ids) for ids in found}) > 1


def test_no_calls_get_no_replies_and_null_and_empty_texts_are_a_post_without_tokens(
    local_cloud: LocalCloud,
) -> None:
    assert replies(local_cloud, []) == []
    assert replies(local_cloud, [[None, None], ["", ""]]) == [counted("", "")] * 2
    assert replies(local_cloud, [[None, MARKER], [MARKER, None]]) == [
        counted("", MARKER),
        counted(MARKER, ""),
    ]


def test_the_function_s_own_context_says_which_features(local_cloud: LocalCloud) -> None:
    call, named = [f"{MARKER} 高収入", "在宅で稼げる"], {"features": "words,title_words"}

    assert replies(local_cloud, [call], userDefinedContext=named) == [counted(*call, "words", "title_words")]
    assert replies(local_cloud, [call], userDefinedContext={}) == [counted(*call)]
    assert replies(local_cloud, [call], userDefinedContext={"features": "words"}) != replies(
        local_cloud, [call]
    )


def test_a_request_that_names_no_features_gets_those_the_function_is_set_to(
    local_cloud: LocalCloud, crew: Crew
) -> None:
    call, named = [f"{MARKER} 高収入", "在宅で稼げる"], {"features": "words,characters"}
    served = crew.start("tokenize_posts", SEKISHO_FEATURES="title_words")

    assert served.post({"calls": [call]}).json() == {"replies": [counted(*call, "title_words")]}
    told = served.post({"calls": [call], "userDefinedContext": named}).json()
    assert told == {"replies": [counted(*call, "words", "characters")]}


def test_a_post_too_long_to_judge_has_no_reply_and_those_around_it_do(local_cloud: LocalCloud) -> None:
    title, body = MARKER.ljust(LONGEST_JUDGED_TITLE), MARKER.ljust(LONGEST_JUDGED_BODY)
    calls = [[title, body], [f"{title}x", ""], ["", f"{body}x"], [MARKER, "a"]]

    assert replies(local_cloud, calls) == [counted(title, body), None, None, counted(MARKER, "a")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"calls": None}, "calls"),
        ({"calls": [["only a title"]]}, "calls.0.1"),
        ({"calls": [["a", "b"], ["a", 1]]}, "calls.1.1"),
        ({"calls": [["a", "b", "c"]]}, "calls.0"),
        ({"calls": [["", ""]] * (MOST_CALLS + 1)}, "calls"),
        ({"userDefinedContext": {"features": "words,wrods"}}, "wrods"),
        ({"userDefinedContext": {"features": "words,words"}}, "each once, came 'words' 2 times"),
        ({"userDefinedContext": {"features": ""}}, f"expected some of {', '.join(FEATURES)}"),
        ({"userDefinedContext": {"features": 1}}, "userDefinedContext.features"),
    ],
)
def test_what_can_never_be_answered_is_refused_in_words_bigquery_tells(
    local_cloud: LocalCloud, change: dict[str, Any], named: str
) -> None:
    response = ask(local_cloud, **{"calls": [[MARKER, MARKER]], **change})

    assert response.status_code == 400, "any other status would be asked again"
    assert list(response.json()) == ["errorMessage"]
    assert named in response.json()["errorMessage"]
    assert len(response.content) < 1_024, "BigQuery tells no longer messages"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", f'{{"calls": [["{MARKER}'.encode()])
def test_a_body_that_is_no_request_is_refused_without_quoting_it(
    local_cloud: LocalCloud, body: bytes
) -> None:
    response = requests.post(local_cloud.function_url("tokenize_posts"), data=body, timeout=60)

    assert response.status_code == 400
    assert MARKER not in response.json()["errorMessage"]
    assert replies(local_cloud, [[MARKER, ""]]) == [counted(MARKER, "")], "the process lives on"


def test_as_many_calls_as_are_taken_are_answered(local_cloud: LocalCloud) -> None:
    assert replies(local_cloud, [[MARKER, str(number)] for number in range(MOST_CALLS)])[-1] == counted(
        MARKER, str(MOST_CALLS - 1)
    )
