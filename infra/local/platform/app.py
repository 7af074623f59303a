"""The platform put together: its pages and its API as one WSGI application."""

from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Flask, Response, jsonify, render_template, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import BaseConverter

from infra.local.faults import Faults
from infra.local.platform import words
from infra.local.platform.api import platform_api
from infra.local.platform.marketplace import Marketplace
from infra.local.platform.pages import platform_pages
from infra.local.platform.text import readable

ENDPOINTS = frozenset({"takedown", "restore"})
STRICT_PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class PostIdConverter(BaseConverter):
    """A post id in a path: it may hold slashes, which the server decodes before routing."""

    regex = r".+?"
    part_isolating = False

    def to_url(self, value: str) -> str:
        """Every character that means something in a URL is encoded."""
        return quote(value, safe="")


def create_app(market: Marketplace, token: str, zone: ZoneInfo) -> Flask:
    """The WSGI application. `token` guards the API, `zone` is whose clock the pages show."""
    app = Flask(__name__, static_folder="static")
    app.url_map.converters["post_id"] = PostIdConverter
    app.url_map.merge_slashes = False
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    if isinstance(app.json, DefaultJSONProvider):
        app.json.ensure_ascii = False
        app.json.sort_keys = False
    faults = Faults(ENDPOINTS, lambda code: {"error": {"code": code, "message": "a fault that was ordered"}})
    app.register_blueprint(platform_api(market, token, faults))
    app.register_blueprint(platform_pages(market))
    app.jinja_env.globals.update(words=words)
    app.jinja_env.filters.update(readable=readable, local_time=lambda moment: words.local_time(moment, zone))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @app.errorhandler(SecurityError)
    def foreign_name(_error: SecurityError) -> tuple[str, int]:
        return "Host: expected 127.0.0.1 or localhost\n", 400  # no page: its links can't be made

    @app.errorhandler(HTTPException)
    def error_page(error: HTTPException) -> tuple[str | Response, int]:
        if request.path.startswith("/api/"):  # no route of the API: its callers read JSON all the same
            told = {"code": error.name.lower().replace(" ", "_"), "message": error.description or ""}
            return jsonify({"error": told}), error.code or 500
        return render_template("error.html", error=error), error.code or 500

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = STRICT_PAGE
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app
