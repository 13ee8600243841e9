"""The web application, made by `create_app`; a face that is not mounted cannot leak."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apiflask import APIFlask
from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboards import language, maps, observed, problems, requests, security, worktime
from dashboards.house import House, product_version
from gridcenter.database import Database, Pooling
from gridcenter.journal.listen import Bell
from gridcenter.settings import Settings

FACES = ("api", "staff", "field", "wall")


class Application(APIFlask):
    """APIFlask in which one request is one transaction (see requests.py)."""

    def dispatch_request(self) -> Any:
        """The view's answer, after its transaction was committed."""
        return requests.in_transaction(super().dispatch_request)


def create_app(
    settings: Settings, faces: Iterable[str] = FACES, database: Database | None = None
) -> Flask:
    """An application with the given faces: api, staff, field, wall, or stream alone.

    Connections are opened at the first request, after a server has forked.
    """
    observed.configure_logging(settings.log_level)
    app = Application(
        "dashboards",
        title="gridcenter 网格指挥中心",
        version=product_version(),
        enable_openapi=True,
        docs_ui="swagger-ui",
        docs_path=None,
        spec_path="/api/v1/openapi.json",
        json_errors=True,
    )
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        SECRET_KEY=settings.secrets.session_key,
        MAX_CONTENT_LENGTH=requests.MOST_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        SESSION_COOKIE_NAME="gridcenter_form",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        VALIDATION_ERROR_STATUS_CODE=422,
        AUTO_TAGS=True,
        SPEC_PROCESSOR_PASS_OBJECT=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    db = database or Database(settings.url("web"), Pooling(1, settings.web_threads + 2))
    app.extensions["house"] = House(settings, db, Bell(settings.url("web")))
    app.extensions["csrf_protect"] = CSRFProtect(app)
    if "api" in faces:
        from dashboards.api.quick_tiles import QuickTiles

        app.wsgi_app = QuickTiles(app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops)  # type: ignore[method-assign]
    problems.install(app)
    security.install(app)
    language.install(app)
    maps.install(app)
    worktime.install(app)
    observed.install(app)
    _mount(app, set(faces))
    return app


def _mount(app: APIFlask, faces: set[str]) -> None:
    from dashboards.api import health, stream

    app.register_blueprint(health.bp)
    if faces & {"api", "stream"}:
        app.register_blueprint(stream.bp)
    if "api" in faces:
        from dashboards.api import mounting

        mounting.mount(app)
    if faces & {"staff", "field", "wall"}:
        from dashboards import entrance

        app.register_blueprint(entrance.bp)
    if "staff" in faces:
        from dashboards.staff import pages, saved_map

        app.register_blueprint(pages.bp)
        app.register_blueprint(saved_map.bp)
    if "field" in faces:
        from dashboards.field import pages as field_pages

        app.register_blueprint(field_pages.bp)
    if "wall" in faces:
        from dashboards.wall import pages as wall_pages

        app.register_blueprint(wall_pages.bp)
