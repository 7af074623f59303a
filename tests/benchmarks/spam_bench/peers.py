"""scikit-learn's two usual filters, as contenders of the arena.

English: each vectoriser's own analyser over the text as bs4 sees it. Japanese: MeCab's content words in base
form. Everything else as it comes out of the box (logistic regression may take 1,000 rounds to converge).
"""

import pickle
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from shared.spam.verdicts import Reason
from tests.benchmarks.spam_bench import naive

MULTINOMIAL, LOGISTIC = "CountVectorizer + MultinomialNB", "TF-IDF + LogisticRegression"


class Scikit:
    """A vectoriser and a classifier; texts are read once and remembered."""

    own_threshold: float | None = None

    def __init__(self, vectoriser: type, classifier: Callable[[], Any], *, is_japanese: bool) -> None:
        self._vectoriser, self._classifier = vectoriser, classifier
        self._options: dict[str, Any] = {"analyzer": naive.as_they_are} if is_japanese else {}
        self._read: Callable[[str], Any] = naive.words if is_japanese else naive.text
        self._memory: dict[tuple[str, int], Any] = {}

    def read(self, post: Post) -> Any:
        """The post as the vectoriser takes it."""
        if post.key not in self._memory:
            self._memory[post.key] = self._read(html_of(post))
        return self._memory[post.key]

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> "ScikitModel":  # noqa: ARG002
        """Fits both."""
        vectoriser, classifier = self._vectoriser(**self._options), self._classifier()
        rows = vectoriser.fit_transform([self.read(one.post) for one in taught])
        classifier.fit(rows, [one.is_violation for one in taught])
        return ScikitModel(vectoriser, classifier, self.read)


class ScikitModel:
    """A fitted pipeline."""

    def __init__(self, vectoriser: Any, classifier: Any, read: Callable[[Post], Any]) -> None:
        self.vectoriser, self.classifier, self._read = vectoriser, classifier, read

    @property
    def model_bytes(self) -> int:
        """Its pickle's size."""
        return len(pickle.dumps((self.vectoriser, self.classifier)))

    def score(self, post: Post) -> float:
        """The logarithm of its odds, which never rounds to 1."""
        row = self.vectoriser.transform([self._read(post)])
        if hasattr(self.classifier, "decision_function"):
            return float(self.classifier.decision_function(row)[0])
        ordinary, violation = self.classifier.predict_joint_log_proba(row)[0]
        return float(violation - ordinary)

    def reasons(self, post: Post) -> tuple[Reason, ...]:  # noqa: ARG002
        """None: it gives no reasons."""
        return ()


def html_of(post: Post) -> str:
    """Title and body as one text."""
    return f"{post.title}\n{post.body}"


def pipeline(html: Sequence[str], is_violation: Sequence[bool]) -> Pipeline:
    """The naive pipeline, fitted: from Japanese HTML to a probability."""
    made = make_pipeline(CountVectorizer(analyzer=naive.words), MultinomialNB())
    return made.fit(html, is_violation)


def pipeline_of_words(
    vectoriser: CountVectorizer,
    classifier: Any,
    words: Sequence[list[str]],
    is_violation: Sequence[bool],
    taught: slice = slice(None),
) -> Pipeline:
    """The same pipeline of posts whose words were read already; `taught` of them teach the classifier."""
    rows = vectoriser.set_params(analyzer=naive.as_they_are).fit_transform(words)
    classifier.fit(rows[taught], is_violation[taught])
    return make_pipeline(vectoriser.set_params(analyzer=naive.words), classifier)


def scikit_peers(*, is_japanese: bool) -> dict[str, Scikit]:
    """Both, by name."""
    return {
        MULTINOMIAL: Scikit(CountVectorizer, MultinomialNB, is_japanese=is_japanese),
        LOGISTIC: Scikit(TfidfVectorizer, lambda: LogisticRegression(max_iter=1000), is_japanese=is_japanese),
    }
