"""The Web API's methods: what Sekisho may ask of Slack, with Slack's answers."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from infra.local.slack.arguments import Arguments
from infra.local.slack.block_rules import check_blocks
from infra.local.slack.conversations import Conversations
from infra.local.slack.messages import Draft, Message, Messages, find_channel
from infra.local.slack.refusals import Refused
from infra.local.slack.uploads import File, Uploads

TEAM, TEAM_ID, USER_ID, BOT_ID, APP_ID = "Sekisho local", "T0LOCAL", "U0SEKISHO", "B0SEKISHO", "A0SEKISHO"
LONGEST_POST, LONGEST_EDIT = 40_000, 4_000
"""Characters of `text`. Slack cuts a longer post; refusing it finds the bug sooner."""

type Answer = dict[str, Any]


class Methods:
    """What each method does. `site` is the root of the server's own addresses, ending with a slash."""

    def __init__(self, messages: Messages, uploads: Uploads, site: Callable[[], str]) -> None:
        self._messages = messages
        self._uploads = uploads
        self._site = site
        conversations = Conversations(messages, self.describe)
        self.by_name: Mapping[str, Callable[[Arguments], Answer]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": conversations.history,
            "conversations.list": self._list_conversations,
            "conversations.replies": conversations.replies,
            "files.completeUploadExternal": self._complete_upload,
            "files.getUploadURLExternal": self._upload_url,
            "files.info": lambda said: {"file": self.describe_file(self._uploads.get(said.required("file")))},
        }

    def describe(self, message: Message) -> Answer:
        """A message as Slack writes it."""
        answer: Answer = {
            "type": "message",
            "user": USER_ID,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM_ID,
            "ts": message.ts,
            "text": message.text,
        }
        if message.thread:
            answer["thread_ts"] = message.thread
        if message.is_broadcast:
            answer["subtype"] = "thread_broadcast"
        if message.blocks:
            answer["blocks"] = list(message.blocks)
        if message.files:
            answer["files"] = [self.describe_file(self._uploads.get(each)) for each in message.files]
        if message.metadata is not None:
            answer["metadata"] = message.metadata
        if message.edited:
            answer["edited"] = {"user": USER_ID, "ts": message.edited}
        return answer

    def describe_file(self, file: File) -> Answer:
        """A file as Slack writes it."""
        address = f"{self._site()}files/{file.id}/{quote(file.name, safe='')}"
        return {
            "id": file.id,
            "name": file.name,
            "title": file.title,
            "alt_txt": file.alt_text,
            "mimetype": file.content_type,
            "size": file.length,
            "user": USER_ID,
            "url_private": address,
            "permalink": address,
        }

    def _auth_test(self, _said: Arguments) -> Answer:
        return {
            "url": self._site(),
            "team": TEAM,
            "team_id": TEAM_ID,
            "user": "sekisho",
            "user_id": USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _post_message(self, said: Arguments) -> Answer:
        room = find_channel(said.text("channel"))
        draft = Draft(
            text=_short_enough(said.text("text"), LONGEST_POST),
            blocks=self._blocks(said) or (),
            metadata=_metadata(said),
        )
        if not draft.text.strip() and not draft.blocks:
            raise Refused("no_text")
        message = self._messages.post(room, draft, said.text("thread_ts"), said.flag("reply_broadcast"))
        return {"channel": message.channel.id, "ts": message.ts, "message": self.describe(message)}

    def _update(self, said: Arguments) -> Answer:
        room = find_channel(said.text("channel"))
        changes: dict[str, Any] = {}
        if said.has("text"):
            changes["text"] = _short_enough(said.text("text"), LONGEST_EDIT)
        if said.has("blocks"):
            changes["blocks"] = self._blocks(said)
        if said.has("metadata"):
            changes["metadata"] = _metadata(said)
        if not changes.get("text") and not changes.get("blocks"):
            raise Refused("no_text")
        message = self._messages.edit(room, said.text("ts"), **changes)
        told = self.describe(message)
        return {"channel": message.channel.id, "ts": message.ts, "text": message.text, "message": told}

    def _list_conversations(self, _said: Arguments) -> Answer:
        channels = [
            {"id": each.id, "name": each.name, "is_channel": True, "is_archived": False, "is_member": True}
            for each in self._messages.channels()
        ]
        return {"channels": channels, "response_metadata": {"next_cursor": ""}}

    def _upload_url(self, said: Arguments) -> Answer:
        name, length = said.required("filename"), said.required("length")
        if not length.isdecimal() or int(length) == 0:
            raise Refused("invalid_arguments", "[ERROR] must be a number above 0 [json-pointer:/length]")
        file, secret = self._uploads.announce(name, int(length), said.text("alt_txt"))
        return {"file_id": file.id, "upload_url": f"{self._site()}upload/v1/{file.id}/{secret}"}

    def _complete_upload(self, said: Arguments) -> Answer:
        wanted = said.parsed("files", "invalid_arguments")
        if not isinstance(wanted, list) or not wanted:
            raise Refused("invalid_arguments", "[ERROR] missing required field: files")
        if not all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in wanted):
            raise Refused("invalid_arguments", "[ERROR] must have an id each [json-pointer:/files]")
        said_channels = said.text("channel_id") or said.text("channels")
        rooms = [find_channel(each.strip()) for each in said_channels.split(",") if each.strip()]
        files = self._uploads.complete({each["id"]: str(each.get("title") or "") for each in wanted})
        draft = Draft(text=said.text("initial_comment"), files=[file.id for file in files])
        for room in rooms:  # without one the files stay with the app, for image blocks
            self._messages.post(room, draft, said.text("thread_ts"))
        return {"files": [self.describe_file(file) for file in files]}

    def _blocks(self, said: Arguments) -> Any:
        blocks = said.parsed("blocks", "invalid_blocks_format")
        return None if blocks is None else check_blocks(blocks, lambda file: bool(self._uploads.find(file)))


def _short_enough(text: str, most: int) -> str:
    if len(text) > most:
        raise Refused("msg_too_long", f"[ERROR] must be less than {most + 1} characters [json-pointer:/text]")
    return text


def _metadata(said: Arguments) -> Any:
    metadata = said.parsed("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_schema")
    return metadata
