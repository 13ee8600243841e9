"""Errors as answers: one mapping to HTTP status, problem JSON for programs, a page for people."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from dashboards.field_errors import field_errors
from dashboards.language import locale
from gridcenter import errors

STATUS: dict[type[errors.GridcenterError], int] = {
    errors.InvalidInput: 422,
    errors.NotAuthenticated: 401,
    errors.OwnPasswordNeeded: 403,
    errors.AccountLocked: 423,
    errors.TooManyRequests: 429,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.NotYours: 403,
    errors.CursorGone: 410,
    errors.MoveNotAllowed: 409,
    errors.CalendarMissing: 422,
    errors.DatabaseUnavailable: 503,
    errors.WroteAtOnce: 503,
}
TITLES = {
    400: ("请求读不懂", "Not understood"),
    401: ("请先登录", "Log in first"),
    403: ("您不能办这一步", "Not yours to do"),
    404: ("没有找到", "Not found"),
    405: ("这个地址不支持这种请求", "Method not allowed"),
    409: ("没存上", "Not saved"),
    410: ("位置已失效", "No longer there"),
    413: ("内容太大", "Too large"),
    415: ("格式不对", "Unsupported format"),
    422: ("填写有误", "Invalid input"),
    423: ("账号已锁定", "Account locked"),
    429: ("请求太多", "Too many requests"),
    500: ("没有办成", "This did not work"),
    503: ("暂时不可用", "Temporarily unavailable"),
}
log = structlog.get_logger(__name__)


def status_of(error: errors.GridcenterError) -> int:
    """The HTTP status of an error, by the nearest class in STATUS; 500 for an unknown one."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def install(app: APIFlask) -> None:
    """Answer every error of `app` with a problem."""
    app.register_error_handler(errors.GridcenterError, known)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(psycopg.errors.DataError, _bad_data)
    app.register_error_handler(RecursionError, _too_deep)
    app.register_error_handler(Exception, _unknown)
    app.error_processor(_api)


def known(error: errors.GridcenterError) -> Response:
    """The answer to an error of our own tree."""
    if isinstance(error, errors.OwnPasswordNeeded) and wants_page():
        return redirect(url_for("entrance.password"))  # type: ignore[return-value]
    extra: dict[str, Any] = {}
    if isinstance(error, errors.InvalidInput):
        extra["errors"] = [
            {"field": e.field, "code": e.code, "detail": e.detail(locale())} for e in error.errors
        ]
    if isinstance(error, errors.Conflict):
        extra["current"] = error.current
    response = answer(status_of(error), error.code, error.detail(locale()), **extra)
    retry_after = getattr(error, "retry_after_s", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _forged(error: CSRFError) -> Response:
    return answer(
        403,
        "csrf",
        _("页面放得太久，或请求不是从本系统的页面发出的。刷新页面再试"),
    )


def _http(error: HTTPException) -> Response:
    if isinstance(error, HTTPError):
        return _api(error)
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    return answer(status, f"http_{status}", _http_words(status))


def _api(error: HTTPError) -> Response:
    """Errors of request parsing: what pydantic found, field by field."""
    found = error.__cause__
    fields = field_errors(found, locale()) if isinstance(found, ValidationError) else []
    status = error.status_code
    code = "invalid_input" if status == 422 else f"http_{status}"
    return answer(status, code, _http_words(status), errors=fields)


def _http_words(status: int) -> str:
    words: dict[int, str] = {
        400: _("请求读不懂，检查是否是正确的 JSON"),
        404: _("没有这个地址"),
        405: _("这个地址不支持这种请求方法"),
        413: _("内容太大，缩小后再传"),
        415: _("请用 application/json 发送"),
        422: _("填写的内容有误，请按提示改正"),
    }
    return words.get(status, title(status))


def _bad_data(error: psycopg.errors.DataError) -> Response:
    """A value that only the database could judge, such as a NUL character in a text."""
    log.info("request.bad_data", error=str(error).splitlines()[0])
    return answer(422, "invalid_input", _("内容里有不能保存的字符或数值，改正后再试"))


def _too_deep(error: RecursionError) -> Response:
    """JSON nested so deeply that the parser gives up."""
    return answer(400, "http_400", _http_words(400))


def _unknown(error: Exception) -> Response:
    number = secrets.token_hex(3).upper()
    log.exception("request.failed", number=number, path=request.path)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return answer(
        500,
        "unexpected",
        _("不是您的操作问题，已记录，编号 %(number)s。其他页面可照常用", number=number),
        number=number,
    )


def title(status: int) -> str:
    """The short title of a status in the reader's language."""
    zh, en = TITLES.get(status, (HTTPStatus(status).phrase, HTTPStatus(status).phrase))
    return en if locale().startswith("en") else zh


def wants_page() -> bool:
    """Whether a person looks at this through a browser, rather than a program."""
    if request.path.startswith(("/api/", "/tiles/", "/ogc/", "/healthz", "/readyz", "/metrics")):
        return False
    return request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def answer(status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem (RFC 9457) as JSON, or the error page; 401 leads people to the log-in."""
    if wants_page():
        return _page(status, detail, extra.get("number"))
    response = jsonify(
        {
            "type": f"/problems/{code}",
            "title": title(status),
            "status": status,
            "code": code,
            "detail": detail,
            "errors": extra.pop("errors", []),
            **extra,
        }
    )
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _page(status: int, detail: str, number: str | None) -> Response:
    if status == 401:
        return redirect(url_for("entrance.login", next=request.full_path.rstrip("?")))  # type: ignore[return-value]
    g.pop("tx", None)
    text = render_template(
        "error.html",
        title=title(status),
        detail=detail,
        status=status,
        number=number,
        home="/",
        home_name=_("回首页"),
    )
    return Response(text, status=status)
