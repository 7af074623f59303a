"""The inbox: what arrived, as a person would see it in Slack; and as JSON, for tests."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, jsonify, render_template, request, send_file

from infra.local.slack import mrkdwn
from infra.local.slack.messages import Message, Messages, find_channel
from infra.local.slack.methods import Methods
from infra.local.slack.refusals import Refused
from infra.local.slack.uploads import Uploads

NEWEST_SHOWN = 200
"""How many messages of a channel the page shows, not counting replies."""


def inbox_pages(messages: Messages, uploads: Uploads, methods: Methods, zone: ZoneInfo) -> Blueprint:
    """`/` for people, `/api/inbox.json` for tests, `/files/ID/NAME` for what was uploaded."""
    routes = Blueprint("inbox", __name__)

    @routes.app_template_filter("local")
    def local(moment: datetime, form: str) -> str:
        return moment.astimezone(zone).strftime(form)

    @routes.app_template_filter("shown")
    def shown(text: Mapping[str, Any]) -> str:
        """A text object of a block."""
        return mrkdwn.html(text["text"]) if text["type"] == "mrkdwn" else mrkdwn.plain(text["text"])

    routes.add_app_template_filter(mrkdwn.html, "mrkdwn")

    @routes.app_template_filter("image_address")
    def image_address(image: Mapping[str, Any]) -> str:
        """Where the picture of an image block is."""
        if "image_url" in image:
            return str(image["image_url"])
        said = image["slack_file"].get("id") or image["slack_file"].get("url")
        file = uploads.find(said)
        return str(methods.describe_file(file)["url_private"]) if file else ""

    @routes.app_template_filter("file")
    def file_of(identity: str) -> Mapping[str, Any]:
        """An uploaded file, as Slack describes it, and whether it is shown in place."""
        file = uploads.get(identity)
        return {**methods.describe_file(file), "is_image": file.is_image}

    @routes.get("/")
    def inbox() -> str:
        everything = messages.in_order()
        rooms = messages.channels()
        here = _chosen(request.args.get("channel"), everything)
        replies: defaultdict[str, list[Message]] = defaultdict(list)
        for message in everything:
            if message.thread:
                replies[message.thread].append(message)
        roots = [m for m in everything if m.channel.id == here and (not m.thread or m.is_broadcast)]
        return render_template(
            "inbox.html",
            rooms=rooms,
            here=next((room for room in rooms if room.id == here), None),
            counts={room.id: sum(m.channel.id == room.id for m in everything) for room in rooms},
            messages=roots[-NEWEST_SHOWN:],
            left_out=max(0, len(roots) - NEWEST_SHOWN),
            replies=replies,
            parents={m.ts: m for m in everything},
            today=datetime.now(UTC).astimezone(zone).strftime("%Y-%m-%d"),
        )

    @routes.get("/api/inbox.json")
    def inbox_json() -> Response:
        wanted = request.args.get("channel")
        try:
            found = messages.in_order(find_channel(wanted) if wanted else None)
        except Refused:
            found = []
        told = [
            {
                **methods.describe(message),
                "channel": message.channel.id,
                "channel_name": message.channel.name,
                "thread_ts": message.thread,
                "blocks": message.blocks,
                "files": [methods.describe_file(uploads.get(each)) for each in message.files],
                "edited": message.edited is not None,
            }
            for message in found
        ]
        channels = [{"id": room.id, "name": room.name} for room in messages.channels()]
        return jsonify({"channels": channels, "messages": told})

    @routes.get("/files/<identity>/<path:name>")
    def serve_file(identity: str, name: str) -> Response:
        file = uploads.find(identity)
        if file is None or file.name != name:
            abort(404)
        answer = send_file(
            uploads.path(identity).resolve(),
            mimetype=file.content_type if file.is_image else "application/octet-stream",
            as_attachment=not file.is_image,
            download_name=file.name,
        )
        answer.headers["Cache-Control"] = "private, max-age=3600"
        return answer

    return routes


def _chosen(said: str | None, everything: list[Message]) -> str:
    """The id of the channel to show: the one asked for, else where the newest message is."""
    if not said:
        return everything[-1].channel.id if everything else ""
    try:
        return find_channel(said).id
    except Refused:
        return ""
