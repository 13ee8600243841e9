"""A file from upload to what is in force: findings in words, a changed guess, writing, giving back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import Page, expect
from shapely import box
from shapely.geometry import mapping

from tests import builders
from tests.browser.conftest import Live, Watched
from tests.browser.test_admin import clean

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Watched]
# Degrees of about 20 m and 2 m here.
HOUSE, SHED = 0.0002, 0.00002


@pytest.fixture(autouse=True)
def own_home(live: Live, tmp_path: Path) -> Iterator[Path]:
    """Uploads lie in the test's own folder."""
    found = live.house.app.extensions["house"]
    settings = replace(found.settings, home=tmp_path)
    live.house.app.extensions["house"] = replace(found, settings=settings)
    yield tmp_path
    live.house.app.extensions["house"] = found


def buildings(folder: Path, shift: float = 0.0) -> Path:
    """A GeoJSON file of two houses and a shed that is too small to be a building."""
    x, y = builders.WEST + 0.0004 + shift, builders.SOUTH + 0.0004
    shapes = [
        box(x, y, x + HOUSE, y + HOUSE),
        box(x + 0.0005, y, x + 0.0005 + HOUSE, y + HOUSE),
        box(x, y + 0.0005, x + SHED, y + 0.0005 + SHED),
    ]
    features = [
        {"type": "Feature", "properties": {"层数": 6, "名称": f"{n} 幢"}, "geometry": mapping(s)}
        for n, s in enumerate(shapes, start=1)
    ]
    path = folder / "楼.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def houses(folder: Path, floors: dict[str, int]) -> Path:
    """A GeoJSON file of houses by code, with an Id that is 0 throughout."""
    x, y = builders.WEST + 0.0004, builders.SOUTH + 0.0004
    features = [
        {
            "type": "Feature",
            "properties": {"Id": 0, "楼栋编码": code, "层数": storeys},
            "geometry": mapping(box(x + n * 2 * HOUSE, y, x + n * 2 * HOUSE + HOUSE, y + HOUSE)),
        }
        for n, (code, storeys) in enumerate(floors.items())
    ]
    path = folder / "有编码的楼.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def upload(page: Page, *paths: Path, kind: str = "buildings") -> None:
    """Choose files and a kind, send them, wait for the batch."""
    page.locator("#imports-file").set_input_files([str(path) for path in paths])
    page.locator(f".choice:has(input[value={kind}])").click()
    page.get_by_role("button", name="上传并辨认").click()
    page.locator(".imports-act").wait_for()


def figure(page: Page, name: str) -> str:
    """The figure under a name in the strip on top."""
    return page.locator(".kpi", has_text=name).locator(".kpi-figure").inner_text()


def test_a_file_is_looked_at_then_written_then_the_same(
    open_page: OpenPage, live: Live, own_home: Path, tmp_path: Path
) -> None:
    watched = open_page("A-01", "/imports")
    page = watched.page
    upload(page, buildings(tmp_path))
    assert [figure(page, n) for n in ("读到的行", "新增", "变更", "不能写入")] == [
        "3",
        "2",
        "0",
        "1",
    ]
    assert len(list((own_home / "uploads").iterdir())) == 1
    page.locator("tr[data-code='area.small']").click()
    expect(page.locator(".imports-row")).to_contain_text("第 3 行")
    page.locator(".imports-map canvas").wait_for()
    clean(watched)

    with page.expect_download() as given:
        page.get_by_text("下载不能写入的行").click()
    rows = list(csv.reader(io.StringIO(given.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 2 and "12 平方米" in rows[1][-1]

    page.get_by_role("button", name="对比现有").click()
    expect(page.locator(".imports-rows h2")).to_contain_text("新增 2 行")
    page.get_by_role("button", name="写入 2 行（新增 2、变更 0）").click()
    expect(page.locator("dialog")).to_contain_text("1 行不能写入，跳过")
    page.locator("dialog").get_by_role("button", name="写入 2 行").click()
    expect(page.locator(".banner-done")).to_contain_text("已写入 2 行")
    assert list((own_home / "uploads").iterdir()) == []
    with live.database.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM building") == 2

    page.get_by_role("link", name="再导入一份").click()
    upload(page, buildings(tmp_path))
    assert [figure(page, n) for n in ("与现有相同", "新增")] == ["2", "0"]
    expect(page.locator(".banner-done")).to_contain_text("2 行与现有数据一致，1 行不能写入")
    assert page.locator(".imports-act").get_by_text("写入").count() == 0
    expect(page.get_by_role("link", name="关闭")).to_be_visible()
    clean(watched)
    page.get_by_role("button", name="放弃这次导入").click()
    page.locator("dialog").get_by_role("button", name="放弃").click()
    expect(page.locator(".imports-batches tbody tr")).to_have_count(2)
    assert list((own_home / "uploads").iterdir()) == []
    assert watched.faults == []


def test_only_what_differs_is_written_and_each_difference_said(
    open_page: OpenPage, live: Live, tmp_path: Path
) -> None:
    watched = open_page("A-01", "/imports")
    page = watched.page
    upload(page, houses(tmp_path, {"A1": 6, "A2": 6, "A3": 6}))
    page.get_by_role("button", name="写入 3 行（新增 3、变更 0）").click()
    page.locator("dialog").get_by_role("button", name="写入 3 行").click()
    page.locator(".banner-done").wait_for()

    page.get_by_role("link", name="再导入一份").click()
    upload(page, houses(tmp_path, {"A1": 6, "A2": 7, "A3": 6, "A4": 1}))
    assert [figure(page, n) for n in ("读到的行", "新增", "变更", "与现有相同")] == [
        "4",
        "1",
        "1",
        "2",
    ]
    expect(page.locator(".imports-evidence")).to_contain_text("没用的列Id")
    page.get_by_role("button", name="对比现有").click()
    page.get_by_role("button", name="内容有变 1").click()
    expect(page.locator(".imports-rows tbody")).to_contain_text("层数 6 → 7")
    clean(watched)
    page.get_by_role("button", name="写入 2 行（新增 1、变更 1）").click()
    page.locator("dialog").get_by_role("button", name="写入 2 行").click()
    expect(page.locator(".banner-done")).to_contain_text("已写入 2 行")

    page.get_by_role("link", name="再导入一份").click()
    upload(page, houses(tmp_path, {"A1": 6, "A2": 7, "A3": 6, "A4": 1}))
    expect(page.locator(".banner-done")).to_contain_text("共 4 行，与现有数据一致")
    assert page.locator(".imports-act").get_by_text("写入").count() == 0
    assert watched.faults == []


def test_findings_of_a_kind_have_a_title_and_rows_their_sentences(
    open_page: OpenPage, tmp_path: Path
) -> None:
    watched = open_page("A-01", "/imports")
    page = watched.page
    upload(page, houses(tmp_path, {"A1": 6, "A2": 999, "A3": 888, "A4": 6}))
    kind = page.locator("tr[data-code='value.number']")
    expect(kind).to_contain_text("不是合理的数，按空值处理")
    expect(kind).not_to_contain_text("999")
    expect(kind.locator("td.num")).to_have_text("2")
    assert figure(page, "要逐行看的") == "2"
    kind.click()
    expect(page.locator(".imports-rows h2")).to_have_text("不是合理的数，按空值处理：2 行")
    rows = page.locator(".imports-rows tbody tr")
    expect(rows.nth(0)).to_contain_text("“999”不是合理的数")
    expect(rows.nth(1)).to_contain_text("“888”不是合理的数")
    clean(watched)


def test_a_layer_is_chosen_with_one_press(open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "两层.gpkg"
    for layer in ("楼", "旧楼"):
        frame = gpd.read_file(houses(tmp_path, {"A1": 6, "A2": 6}))
        frame.to_file(path, layer=layer, engine="pyogrio")
    watched = open_page("A-01", "/imports")
    page = watched.page
    upload(page, path)
    expect(page.locator("tr[data-code='layer.choose']")).to_contain_text("整份")
    clean(watched)
    page.get_by_role("button", name="读“旧楼”").click()
    expect(page.locator(".imports-figures")).to_be_visible()
    assert figure(page, "读到的行") == "2"
    assert watched.faults == []


def test_a_file_of_noise_ends_in_a_finding(open_page: OpenPage, tmp_path: Path) -> None:
    noise = tmp_path / "坏文件.shp"
    noise.write_bytes(bytes(range(256)) * 20)
    watched = open_page("A-01", "/imports")
    upload(watched.page, noise)
    expect(watched.page.locator(".banner-over")).to_contain_text("不能写入")
    expect(watched.page.locator(".imports-findings tbody tr").first).to_contain_text("不能写入")
    assert watched.page.locator(".imports-act").get_by_text("写入").count() == 0
    clean(watched)


def test_a_column_is_named_by_hand_and_the_file_read_again(
    open_page: OpenPage, tmp_path: Path, own_home: Path
) -> None:
    table = tmp_path / "人员.csv"
    table.write_text(f"工号,称谓,负责网格\n08-001,某,{builders.STREET}001Z001\n", "utf-8")
    watched = open_page("A-01", "/imports")
    page = watched.page
    upload(page, table, kind="workers")
    assert page.locator(".imports-figures").count() == 0
    page.locator(".imports-steps").get_by_role("button", name="辨认").click()
    page.locator("[name='column:name']").fill("称谓")
    clean(watched)
    first = page.url
    page.get_by_role("button", name="按这样重新读").click()
    page.wait_for_url(lambda url: url != first)
    page.locator(".imports-figures").wait_for()
    # Read now; the one row is refused for another reason: its grid has somebody.
    assert figure(page, "不能写入") == "1"
    expect(page.locator(".imports-findings")).to_contain_text("duty.taken")
    expect(page.locator(".imports-evidence")).to_contain_text("称谓 → 名称")
    assert len(list((own_home / "uploads").iterdir())) == 1


def test_what_is_too_large_or_missing_is_said_before_sending(
    open_page: OpenPage, live: Live
) -> None:
    watched = open_page("A-01", "/imports")
    page = watched.page
    page.get_by_role("button", name="上传并辨认").click()
    expect(page.locator(".field-error")).to_contain_text("还没有选文件")
    assert page.url.endswith("/imports")
    assert watched.faults == []


def test_imports_are_the_system_administrators_alone(live: Live) -> None:
    for username in ("D-01", "Q-01", "J-01", "S-01"):
        caller = live.house.client(username)
        assert caller.get("/api/v1/imports").status_code == 404
        assert caller.post("/api/v1/imports").status_code == 404
