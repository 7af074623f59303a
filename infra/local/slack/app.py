"""The stand-in Slack put together: its Web API and its inbox as one WSGI application."""

from zoneinfo import ZoneInfo

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider

from infra.local.faults import Faults, faults_api
from infra.local.slack.api import UPLOAD, refusals_api, web_api
from infra.local.slack.inbox import inbox_pages
from infra.local.slack.messages import Messages
from infra.local.slack.methods import Methods
from infra.local.slack.refusals import OrderedRefusals
from infra.local.slack.uploads import Uploads
from shared.errors import BadEvent

LARGEST_BODY_BYTES = 100 * 1024 * 1024
STRICT_PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self' data: http: https:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def create_app(messages: Messages, uploads: Uploads, zone: ZoneInfo) -> Flask:
    """The WSGI application. `zone` is whose clock the inbox shows."""
    app = Flask(__name__, static_folder="static")
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY_BYTES
    if isinstance(app.json, DefaultJSONProvider):
        app.json.ensure_ascii = False
        app.json.sort_keys = False
    methods = Methods(messages, uploads, site=lambda: request.host_url)
    faults = Faults(
        frozenset({*methods.by_name, UPLOAD}),
        error_body=lambda code: {"ok": False, "error": code},
        malformed='{"ok": true, "ts": "17',
    )
    refusals = OrderedRefusals()
    app.register_blueprint(web_api(methods, uploads, faults, refusals))
    app.register_blueprint(refusals_api(refusals), url_prefix="/control")
    app.register_blueprint(faults_api(faults), url_prefix="/control")
    app.register_blueprint(inbox_pages(messages, uploads, methods, zone))

    @app.errorhandler(BadEvent)
    def wrong_fault(error: BadEvent) -> tuple[Response, int]:
        return jsonify({"error": str(error)}), 400

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = STRICT_PAGE
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app
