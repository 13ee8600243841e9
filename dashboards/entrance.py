"""The door: log-in page, log-out, language and theme, and which page an account begins with."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from dashboards.house import product_version
from dashboards.language import KEPT, LANGUAGE_COOKIE, locale
from dashboards.requests import (
    SESSION_COOKIE,
    actor,
    anonymous,
    house,
    open_to_walls,
    open_with_one_time_password,
    protect_from_forgery,
    read_session,
    tx,
    without_transaction,
)
from gridcenter.accounts import operations, sessions
from gridcenter.accounts.operations import Preferences
from gridcenter.accounts.queries import session_of
from gridcenter.accounts.sessions import LIFETIMES, LogIn, LogInFailed
from gridcenter.actor import Actor
from gridcenter.areas.queries import installation_place
from gridcenter.errors import AccountLocked, InvalidInput

bp = APIBlueprint("entrance", __name__, enable_openapi=False)

YEAR_S = 365 * 24 * 3600
# The page an account begins with: the first of its posts in this order decides.
HOMES = (
    ("wall", "/wall"),
    ("duty_officer", "/desk"),
    ("dispatcher", "/desk"),
    ("intake", "/desk"),
    ("official", "/statistics"),
    ("handler", "/field"),
    ("grid_worker", "/field"),
    ("system_admin", "/admin"),
    ("security_admin", "/admin"),
    ("audit_admin", "/admin"),
)


def home_of(who: Actor) -> str:
    """The path of the page that `who` begins with."""
    return next((path for post, path in HOMES if post in who.posts), "/field")


@bp.get("/")
@open_to_walls
def index() -> Response:
    """Lead to the page that the account begins with; nobody is led to the log-in."""
    return redirect(home_of(actor()))


@bp.get("/login")
@anonymous
@without_transaction
def login() -> Response:
    """The log-in page; who is logged in goes on."""
    with house().database.transaction(read_only=True) as transaction:
        session = read_session(transaction)
    if session is not None:
        return redirect(_inside(request.args.get("next")) or home_of(session.actor))
    return _login_page()


@bp.post("/login")
@anonymous
@without_transaction
def log_in() -> Response:
    """Log in by the form; failures are counted whatever the page says."""
    protect_from_forgery()
    command = LogIn(
        request.form.get("username", "")[:100].strip(),
        request.form.get("password", "")[:200],
        "browser",
        request.remote_addr,
        request.headers.get("User-Agent"),
    )
    chosen = _chosen_language()
    if "\x00" in command.username + command.password:
        return _login_page(error=_login_error(None))
    with house().database.transaction() as transaction:
        opened = sessions.log_in(transaction, command)
        if chosen and not isinstance(opened, LogInFailed):
            who = session_of(transaction, opened.token)
            assert who is not None
            operations.set_preferences(transaction, who.actor, Preferences(chosen, None))
    if isinstance(opened, LogInFailed):
        return _login_page(error=_login_error(opened), username=command.username)
    first = "/password" if opened.one_time else _inside(request.form.get("next")) or "/"
    response = redirect(first)
    _set_cookie(response, opened.token, LIFETIMES["browser"].total_seconds())
    if chosen:
        _keep_language(response, chosen)
    if request.form.get("elder"):
        response.set_cookie("gridcenter_elder", "1", max_age=YEAR_S, samesite="Lax")
    return response


def _chosen_language() -> str | None:
    """``zh`` or ``en`` when it was chosen on the log-in page and no account has taken it over yet."""
    asked = request.cookies.get(LANGUAGE_COOKIE)
    return asked if asked in ("zh", "en") else None


def _keep_language(response: Any, chosen: str) -> None:
    """Let the log-in page speak `chosen` in future without changing an account once more."""
    response.set_cookie(LANGUAGE_COOKIE, chosen + KEPT, max_age=YEAR_S, samesite="Lax")


def _login_error(failed: LogInFailed | None) -> dict[str, str]:
    if failed is not None and isinstance(failed.error, AccountLocked):
        return {"title": _("账号已锁定。"), "detail": failed.error.detail(locale())}
    return {
        "title": _("账号或密码不对。"),
        "detail": _("连续 5 次不对，账号锁定 20 分钟。"),
    }


def _login_page(error: dict[str, str] | None = None, username: str = "") -> Response:
    with house().database.transaction(read_only=True) as transaction:
        place = installation_place(transaction)
    response = make_response(
        render_template(
            "login.html",
            error=error,
            username=username,
            next=request.values.get("next", ""),
            elder=bool(request.values.get("elder")),
            place=place,
            version=product_version(),
        ),
        401 if error else 200,
    )
    if request.args.get("lang"):
        response.set_cookie(LANGUAGE_COOKIE, locale(), max_age=YEAR_S, samesite="Lax")
    return response


def _inside(target: str | None) -> str | None:
    """The target when it is a path of ours; nothing that leads elsewhere."""
    if not target:
        return None
    parts = urlsplit(target)
    ours = not parts.scheme and not parts.netloc and target.startswith("/")
    return target if ours and not target.startswith(("//", "/\\")) else None


def _set_cookie(response: Any, token: str, seconds: float) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(seconds),
        httponly=True,
        samesite="Lax",
        secure=house().settings.secure_cookies or request.is_secure,
    )


@bp.get("/wall/enter")
@anonymous
@without_transaction
def enter_wall() -> Response:
    """Exchange a wall's token in the address for a cookie, so that the token leaves the screen."""
    token = request.args.get("token", "")[:200]
    with house().database.transaction(read_only=True) as transaction:
        session = session_of(transaction, token) if token else None
    if session is None or session.kind != "wall":
        return redirect("/login")
    response = redirect("/wall")
    _set_cookie(response, token, LIFETIMES["wall"].total_seconds())
    return response


@bp.post("/logout")
@open_with_one_time_password
@open_to_walls
def log_out() -> Response:
    """End the session and forget the cookie."""
    sessions.log_out(tx(), actor())
    response = redirect("/login")
    response.delete_cookie(SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.get("/password")
@open_with_one_time_password
def password() -> str:
    """The page on which everybody changes the own password."""
    return _password_page({})


@bp.post("/password")
@open_with_one_time_password
def change_password() -> Response | str:
    """Change the own password; every other session of the account ends."""
    old, new = request.form.get("old", "")[:200], request.form.get("new", "")[:200]
    if new != request.form.get("again", ""):
        return _password_page({"again": _("两次输入的新密码不一样")})
    try:
        failed = operations.change_own_password(tx(), actor(), old, new, request.remote_addr)
    except InvalidInput as error:
        return _password_page({e.field: e.detail(locale()) for e in error.errors})
    return redirect("/") if failed is None else _password_page({"old": failed.detail(locale())})


def _password_page(errors: dict[str, str]) -> str:
    who = actor()
    return render_template(
        "password.html",
        errors=errors,
        asked=g.session.one_time,
        account={"label": who.display_name},
    )


@bp.post("/preferences")
@open_with_one_time_password
@open_to_walls
def preferences() -> Response:
    """Remember language and theme of the account."""
    chosen = request.form.get("locale")
    theme = request.form.get("theme")
    try:
        operations.set_preferences(
            tx(),
            actor(),
            Preferences("en" if chosen == "en" else "zh" if chosen else None, theme or None),
        )
    except InvalidInput:
        return redirect("/")
    g.pop("session", None)
    response = redirect(_inside(request.form.get("next")) or "/")
    if chosen:
        _keep_language(response, "en" if chosen == "en" else "zh")
    return response
