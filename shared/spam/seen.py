"""A post as its reader sees it."""

from typing import NamedTuple

from shared.spam.posts import Post
from shared.spam.text import readable, without_decoration


class Seen(NamedTuple):
    """Title and body as they are shown, and without their decorations."""

    shown_title: str
    shown_body: str
    title: str
    body: str


def seen(post: Post) -> Seen:
    """`post` as its reader sees it."""
    title, body = readable(post.title), readable(post.body)
    return Seen(title, body, without_decoration(title), without_decoration(body))
