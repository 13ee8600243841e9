"""The reader's language: the account's, else a cookie, else the browser's, else the setting.

A program that comes with a token and names a language (`Accept-Language`) gets that one.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import read_mo
from flask import Flask, g, has_request_context, request
from flask_babel import Babel
from flask_babel import gettext as _

from dashboards.requests import actor, bearer, house

# "en" or "zh" when somebody chose it before logging in; "en-kept" when an account took it over already: the
# log-in page still speaks it, but it changes no account any more.
LANGUAGE_COOKIE = "gridcenter_language"
KEPT = "-kept"
TRANSLATIONS = Path(__file__).resolve().parent / "translations"


def locale() -> str:
    """``zh`` or ``en``."""
    if not has_request_context():
        return "zh"
    if actor().account_id is not None:
        return _asked_with_token() or actor().locale
    asked = request.args.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked:
        return "en" if asked.startswith("en") else "zh"
    default = house().settings.locale
    return request.accept_languages.best_match(["zh", "zh-CN", "en"], default)[:2]


def _asked_with_token() -> str | None:
    """The language that a caller with a Bearer token names; pages keep the account's."""
    if not bearer():
        return None
    wanted = [each for each, _ in request.accept_languages if each != "*"]
    return request.accept_languages.best_match(["zh", "zh-CN", "en"], "zh")[:2] if wanted else None


def install(app: Flask) -> None:
    """Let flask-babel and the templates know the reader's language, and pages the place's time zone."""
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=locale)
    app.add_template_filter(label_words)
    app.context_processor(
        lambda: {
            "locale": "en" if locale() == "en" else "zh-CN",
            "messages_json": messages_json(locale()),
            "time_zone": house().settings.timezone.key,
            "theme": g.session.theme if "session" in g else "light",
        }
    )


def label_words(label: str) -> str:
    """A label of a post and an id ("派遣员 D-01") in the reader's language; others as they are."""
    post, space, rest = label.partition(" ")
    posts = {
        "网格员": _("网格员"),
        "网格长": _("网格长"),
        "受理员": _("受理员"),
        "派遣员": _("派遣员"),
        "值班长": _("值班长"),
        "街道负责人": _("街道负责人"),
        "指挥大屏": _("指挥大屏"),
        "系统管理员": _("系统管理员"),
        "安全管理员": _("安全管理员"),
        "审计管理员": _("审计管理员"),
    }
    return f"{posts.get(post, post)}{space}{rest}" if rest else label


@lru_cache(maxsize=4)
def messages_json(language: str) -> str:
    """The catalogue for scripts as JSON: {msgid: text}; empty for Chinese, which is the msgid."""
    compiled = TRANSLATIONS / language / "LC_MESSAGES" / "messages.mo"
    if language == "zh" or not compiled.exists():
        return "{}"
    with compiled.open("rb") as file:
        catalogue = read_mo(file)
    words = {
        m.id if isinstance(m.id, str) else m.id[0]: (
            m.string if isinstance(m.string, str) else list(m.string)
        )
        for m in catalogue
        if m.id and m.string
    }
    return json.dumps(words, ensure_ascii=False)
