"""A running house for Chromium: the threaded server on a database of its own, with its live stream."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from dashboards.house import House as WebHouse
from dashboards.requests import SESSION_COOKIE
from gridcenter.journal.listen import Bell
from gridcenter.settings import Settings
from tests.conftest import House, close, make_house

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# True when no colour or place is on its way to another; what turns for ever is not waited for.
STILL = """
() => document.getAnimations().every((one) => one.playState !== 'running'
  || !Number.isFinite(one.effect.getComputedTiming().endTime))
"""
# Done when what was asked for before has been drawn.
DRAWN = (
    "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => go(true))))"
)


@dataclass
class Live:
    """A served house: its address, its database, and log-in for a browser context."""

    url: str
    house: House
    server: BaseWSGIServer

    @property
    def database(self) -> Any:
        """The owner's database, for looking and preparing."""
        return self.house.owner

    def login(self, target: Page | BrowserContext, username: str) -> None:
        """Give the context of a page the session cookie of an account."""
        context = target if isinstance(target, BrowserContext) else target.context
        kind = "wall" if username == "B-01" else "browser"
        context.add_cookies(
            [{"name": SESSION_COOKIE, "value": self.house.token(username, kind), "url": self.url}]
        )


@dataclass
class Watched:
    """What a page must not do: foreign requests, console errors, violations of the policy."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def watch(self) -> Watched:
        """Begin to note faults."""
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        return self

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.faults.append(f"foreign request: {request.url}")

    def _console(self, message: Any) -> None:
        expected = ("409", "422", "ERR_INTERNET_DISCONNECTED", "GPU stall", "WebGL")
        if message.type == "error" and not any(word in message.text for word in expected):
            self.faults.append(f"console: {message.text}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("chromium is not installed; bin/test installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def serve(settings: Settings, template: str, folder: Path) -> Iterator[Live]:
    """A Live house until it is no longer wanted."""
    house = make_house(settings, template, folder)
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    bell = Bell(house.settings.url("web", house.name))
    own = replace(house.settings, stream_url=url)
    house.app.extensions["house"] = WebHouse(own, house.database, bell)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Live(url, house, server)
    bell.stop()
    server.shutdown()
    close(house)


@pytest.fixture(scope="module")
def live(
    settings: Settings, template_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A served house for the tests of one module."""
    yield from serve(settings, template_name, tmp_path_factory.mktemp("live"))


class Pages:
    """Watched pages, each in a browser context of its own, until `close`."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []

    def open(
        self, live: Live, username: str | None, path: str, width: int, height: int, **options: Any
    ) -> Watched:
        """A page of an account (None: of nobody), in Chinese and in Shanghai unless `options` say otherwise."""
        given = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = self._chromium.new_context(viewport={"width": width, "height": height}, **given)
        self._contexts.append(context)
        if username is not None:
            live.login(context, username)
        watched = Watched(context.new_page()).watch()
        watched.page.goto(live.url + path)
        return watched

    def close(self) -> None:
        """Close them all."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def pages(chromium: Browser) -> Iterator[Pages]:
    """Pages of any served house."""
    made = Pages(chromium)
    yield made
    made.close()


@pytest.fixture
def open_page(pages: Pages, live: Live) -> Callable[..., Watched]:
    """`open_page("D-01", "/desk", width=1440, height=900)`: a watched page of an account."""

    def open_it(
        username: str | None, path: str, width: int = 1440, height: int = 900, **options: Any
    ) -> Watched:
        return pages.open(live, username, path, width, height, **options)

    return open_it
