"""Headers that tell the browser what a page of ours may do: a strict policy with a nonce."""

from __future__ import annotations

import secrets
from functools import lru_cache

from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf

from dashboards.assets import manifest
from dashboards.requests import house


def nonce() -> str:
    """The nonce of this request's inline scripts and styles."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def stream_origin() -> str:
    """Where browsers find the live stream: the setting, else this host at the stream port."""
    settings = house().settings
    if settings.stream_url:
        return settings.stream_url.rstrip("/")
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"{request.scheme}://{host}:{settings.stream_port}"


@lru_cache(maxsize=1)
def import_map() -> dict[str, dict[str, str]]:
    """The browser's import map: bare names to the copied libraries."""
    return {"imports": {name: f"/static/{path}" for name, path in manifest()["imports"].items()}}


class FormSession(SecureCookieSessionInterface):
    """Flask's signed cookie, which holds the CSRF token; callers without one cost no key derivation."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The content of the cookie, empty when there is none or its signature is wrong."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def install(app: Flask) -> None:
    """Put the headers on every answer and nonce, CSRF token and stream address into templates."""
    app.session_interface = FormSession()
    app.after_request(_harden)
    app.context_processor(
        lambda: {
            "csp_nonce": nonce(),
            "csrf_token": generate_csrf(),
            "import_map": import_map(),
            "stream_url": f"{stream_origin()}/api/v1/journal/stream",
        }
    )


# No view sets one of these: they are added without looking for earlier ones, which is a fifth of the cost.
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_STAY_SECURE = ("Strict-Transport-Security", "max-age=31536000")


def on_every_answer(*, secure: bool) -> tuple[tuple[str, str], ...]:
    """Headers that every answer has, over HTTPS (`secure`) one more."""
    return (*_ALWAYS, _STAY_SECURE) if secure else _ALWAYS


def _harden(response: Response) -> Response:
    headers = response.headers
    for name, value in on_every_answer(secure=request.is_secure):
        headers.add(name, value)
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", _policy())
        headers.setdefault("Cache-Control", "no-store")
    return response


def _policy() -> str:
    script = f"'self' 'nonce-{nonce()}'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script}",
            f"style-src {script}",
            "img-src 'self' data: blob:",
            " ".join(
                ("connect-src 'self'", stream_origin(), house().settings.base_map_origin)
            ).strip(),
            "font-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )
