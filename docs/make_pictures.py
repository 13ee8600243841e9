"""Takes the pictures of README.md from a running installation that holds the sample.

    bin/up                                        in another terminal, or already running
    .venv/bin/python docs/make_pictures.py        writes docs/pictures/*.png
    .venv/bin/python docs/make_pictures.py desk   one of them

Needs the test environment (bin/test makes it) and Debian's chromium. Address and logins are read from the
settings, as the product reads them. Each picture has at most 256 colours and 300 kB. The pictures of
imports and redraws leave a staged batch and a drafted plan behind; nothing else is changed.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import geopandas
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000
# Maps are drawn by the processor alone: a page is taken when nothing came for so long.
QUIET_S, LONGEST_S = 4.0, 45.0


def nothing(_: Page) -> None:
    """Take the page as it comes."""


def open_case(page: Page) -> None:
    """Choose the first case of the queue."""
    page.locator(".queue-row").first.click()


def open_building(page: Page) -> None:
    """Open the card of a house with many floors."""
    page.locator("tbody tr").first.click()


def upload_faults(page: Page) -> None:
    """Upload grids of the sample with faults put in, so that there are findings to look at."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "网格-示例.geojson"
        sample = ROOT / "samples" / "gusu" / "gusu_sample.gpkg"
        grids = geopandas.read_file(sample, layer="grid")
        grids.loc[4, "name"] = None
        grids.loc[9, "code"] = grids.loc[8, "code"]
        grids.loc[20, "geometry"] = grids.geometry[20].buffer(0.0002)
        grids.to_file(file, driver="GeoJSON")
        page.set_input_files("#imports-file", file)
        page.locator(".imports-form label.choice", has_text="区域").click()
        page.locator(".imports-form details summary").click()
        page.select_option(".imports-form [name=level]", "grid")
        page.get_by_role("button", name="上传并辨认").click()
        page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}"))


def propose_division(page: Page) -> None:
    """Begin a plan for one community of the sample and have a division proposed, which is not taken."""
    page.fill("input[name=title]", "示例社区11 重划网格")
    page.select_option("select[name=area]", "320508999011")
    page.click(".redraw-form .button-primary")
    page.wait_for_url("**/redraw/*-*")
    page.locator(".redraw-row").first.wait_for()
    page.keyboard.press("d")
    page.fill("[name=households_least]", "200")
    page.fill("[name=households_most]", "500")
    page.click("[data-act=propose]")
    page.locator(".redraw-proposal").first.wait_for(timeout=120_000)
    page.locator(".redraw-row.is-changed").first.wait_for(timeout=60_000)


@dataclass(frozen=True)
class Picture:
    """One picture: whose login, which address, how large in CSS pixels, what is done before."""

    name: str
    post: str | None
    path: str
    size: tuple[int, int]
    before: Callable[[Page], None] = nothing
    out_width_px: int = 1200


TAKEN = (
    Picture("login", None, "/login", (1440, 900)),
    Picture("field", "grid_worker", "/field", (390, 844), out_width_px=390),
    Picture("field-report", "grid_worker", "/field/report", (390, 844), out_width_px=390),
    Picture("desk", "duty_officer", "/desk", (1440, 900), open_case),
    Picture("wall", "duty_officer", "/wall", (1920, 1080), out_width_px=1280),
    Picture("statistics", "official", "/statistics", (1440, 900)),
    Picture("areas", "duty_officer", "/areas", (1440, 900)),
    Picture("redraw", "official", "/redraw", (1440, 900), propose_division),
    Picture("registry", "duty_officer", "/registry", (1440, 900), open_building),
    Picture("imports", "system_admin", "/imports", (1440, 900), upload_faults),
    Picture("admin", "system_admin", "/admin", (1440, 900)),
)


def logins(path: Path) -> dict[str, tuple[str, str]]:
    """post → (username, password), the first of each post, from the file of first logins."""
    found: dict[str, tuple[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        username, password, post = line.split()
        found.setdefault(post, (username, password))
    return found


def busiest(address: str, path: Path) -> tuple[str, str]:
    """The grid worker among the first logins who holds most cases, so that the phone shows work."""
    workers = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    found = []
    for username, password, _ in (w for w in workers if w[2] == "grid_worker"):
        body = json.dumps({"username": username, "password": password}).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{address}/api/v1/sessions", body, headers)) as answer:  # noqa: S310
            headers = {"Authorization": f"Bearer {json.load(answer)['token']}"}
        mine = Request(f"{address}/api/v1/incidents?mine=true", headers=headers)  # noqa: S310
        with urlopen(mine) as answer:  # noqa: S310
            found.append((len(json.load(answer)["items"]), username, password))
    return max(found)[1:]


def settle(page: Page) -> None:
    """Wait until the page has asked for nothing for a while."""
    began = last = time.monotonic()

    def note(_: object) -> None:
        nonlocal last
        last = time.monotonic()

    page.on("request", note)
    page.on("requestfinished", note)
    while time.monotonic() - last < QUIET_S and time.monotonic() - began < LONGEST_S:
        page.wait_for_timeout(250)


def take(browser: Browser, wanted: Picture, address: str, known: dict[str, tuple[str, str]]) -> str:
    """One sentence about the picture that was written."""
    width, height = wanted.size
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    # A place inside the sample, as a phone would say it.
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"longitude": 120.6072, "latitude": 31.3003, "accuracy": 8})
    page = context.new_page()
    try:
        if wanted.post:
            username, password = known[wanted.post]
            page.goto(f"{address}/login")
            page.fill("[name=username]", username)
            page.fill("[name=password]", password)
            page.press("[name=password]", "Enter")
            page.wait_for_url(re.compile(r"^(?!.*login)"))
        answer = page.goto(address + wanted.path)
        if answer is None or answer.status != 200:
            return f"{wanted.name}: {wanted.path} answers {answer and answer.status}, no picture"
        settle(page)
        wanted.before(page)
        if wanted.before is not nothing:
            settle(page)
        return _write(wanted, page.screenshot())
    finally:
        context.close()


def _write(wanted: Picture, png: bytes) -> str:
    """Scale, reduce to a palette that keeps the file under MOST_BYTES, write."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    height = round(picture.height * wanted.out_width_px / picture.width)
    picture = picture.resize((wanted.out_width_px, height), Image.Resampling.LANCZOS)
    path = PICTURES / f"{wanted.name}.png"
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    return f"{wanted.name}: {path.stat().st_size // 1000} kB, {colours} colours"


def main() -> None:
    """Take all pictures, or those that are named."""
    from gridcenter.settings import Settings

    settings = Settings.from_environment()
    address = f"http://{settings.host}:{settings.port}"
    file = settings.home / "first-logins.txt"
    known = {**logins(file), "grid_worker": busiest(address, file)}
    chosen = [one for one in TAKEN if len(sys.argv) == 1 or one.name in sys.argv[1:]]
    # Chromium refuses its sandbox to root.
    arguments = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for wanted in chosen:
            sys.stdout.write(take(browser, wanted, address, known) + "\n")
        browser.close()


if __name__ == "__main__":
    main()
