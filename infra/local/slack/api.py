"""The Web API over HTTP: who calls, what they say, and how Slack answers; and where uploads are sent."""

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from infra.local.faults import Faults
from infra.local.slack.arguments import Arguments
from infra.local.slack.methods import Methods
from infra.local.slack.refusals import OrderedRefusals, Refused
from infra.local.slack.uploads import Uploads

UPLOAD = "upload"
"""What faults call the sending of a file's bytes, which is no method of the Web API."""


def web_api(methods: Methods, uploads: Uploads, faults: Faults, refusals: OrderedRefusals) -> Blueprint:
    """`/api/METHOD` and the addresses that take uploads."""
    routes = Blueprint("api", __name__)

    @routes.route("/api/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        return faults.around(method, lambda: _answer(methods, method, refusals))

    @routes.route("/upload/v1/<identity>/<secret>", methods=["POST", "PUT"])
    def upload(identity: str, secret: str) -> Response:
        content = _content()

        def keep() -> Response:
            if not uploads.receive(identity, secret, content):
                return Response(
                    "expected an announced file of the announced length", 400, mimetype="text/plain"
                )
            return Response(f"OK - {len(content)}", mimetype="text/plain")

        return faults.around(UPLOAD, keep)

    return routes


def _answer(methods: Methods, method: str, refusals: OrderedRefusals) -> Response:
    try:
        said = Arguments.of(request)
        _check_token(said)
        if method not in methods.by_name:
            return jsonify({"ok": False, "error": "unknown_method", "req_method": method})
        ordered = refusals.spend(method)
        if ordered is None:
            return jsonify({"ok": True, **methods.by_name[method](said)})
        if ordered.after_acting:
            methods.by_name[method](said)
        time.sleep(ordered.seconds)
        answer = _no(ordered.refused)
        answer.status_code = ordered.status
        answer.headers.update(dict(ordered.headers))
    except Refused as refused:
        return _no(refused)
    else:
        return answer


def _no(refused: Refused) -> Response:
    answer: dict[str, Any] = {"ok": False, "error": refused.code}
    if refused.code == "invalid_blocks":  # the one that lists what is wrong twice
        answer["errors"] = refused.messages
        answer["response_metadata"] = {"messages": [f"[ERROR] {each}" for each in refused.messages]}
    elif refused.messages:
        answer["response_metadata"] = {"messages": refused.messages}
    return jsonify(answer)


def refusals_api(refusals: OrderedRefusals) -> Blueprint:
    """`POST /refusals` orders a refusal, `DELETE` clears."""
    routes = Blueprint("refusals", __name__)

    @routes.post("/refusals")
    def order() -> tuple[Response, int]:
        refusals.order(request.get_json())
        return jsonify({}), 201

    @routes.delete("/refusals")
    def clear() -> Response:
        refusals.clear()
        return jsonify({})

    return routes


def _check_token(said: Arguments) -> None:
    """Any bot token will do; none, or something else, will not."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else said.text("token")
    if not token:
        raise Refused("not_authed")
    if not token.startswith("xoxb-"):
        raise Refused("invalid_auth")


def _content() -> bytes:
    """The bytes of an upload: the body itself, or the one file of a form."""
    if request.mimetype != "multipart/form-data":
        return request.get_data()  # read raw, whatever the content type: urllib calls everything a form
    return next((each.read() for each in request.files.values()), b"")
