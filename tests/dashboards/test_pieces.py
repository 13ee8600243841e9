"""Uploads in pieces: sent, broken off, taken up again, damaged, given up - and read as one file."""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely import box
from shapely.geometry import mapping

from dashboards import pieces
from tests import builders
from tests.conftest import Caller, House

URL = "/api/v1/imports/uploads"


@pytest.fixture
def home(house: House, tmp_path: Path) -> Iterator[Path]:
    """Uploads lie in the test's own folder."""
    found = house.app.extensions["house"]
    house.app.extensions["house"] = replace(found, settings=replace(found.settings, home=tmp_path))
    yield tmp_path


def town() -> bytes:
    """A GeoJSON file of one house."""
    x, y = builders.WEST + 0.0004, builders.SOUTH + 0.0004
    shape = mapping(box(x, y, x + 0.0002, y + 0.0002))
    feature = {"type": "Feature", "properties": {"层数": 6, "名称": "1 幢"}, "geometry": shape}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def send(caller: Caller, upload: str, data: bytes, at: int = 0, number: int = 0) -> Any:
    checksum = f"{zlib.crc32(data):08x}"
    return caller.put(f"{URL}/{upload}/{number}", data, at=at, crc32=checksum)


def announced(caller: Caller, size: int, name: str = "楼.geojson") -> str:
    answer = caller.post(URL, {"files": [{"name": name, "size": size}]})
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def test_a_broken_line_is_taken_up_where_it_broke(house: House, home: Path) -> None:
    caller, data = house.client("A-01"), town()
    upload = announced(caller, len(data))

    assert send(caller, upload, data[:100]).json == {"have": 100}
    # The answer was lost: the same piece again, then what follows it.
    assert send(caller, upload, data[:100]).json == {"have": 100}
    early = send(caller, upload, data[150:], at=150)
    assert (early.status_code, early.json["current"]) == (409, {"have": 100})
    assert caller.post(f"{URL}/{upload}/batch", {"kind": "buildings"}).status_code == 409
    at = caller.get(f"{URL}/{upload}").json["files"][0]["have"]
    assert send(caller, upload, data[at:], at=at).json == {"have": len(data)}

    done = caller.post(f"{URL}/{upload}/batch", {"kind": "buildings"})

    assert done.status_code == 201, done.json
    batch = caller.get(f"/api/v1/imports/{done.json['id']}").json
    assert (batch["file"], batch["state"], batch["rows_read"]) == ("楼.geojson", "staged", 1)
    assert (home / "uploads" / done.json["id"] / "楼.geojson").read_bytes() == data
    assert caller.get(f"{URL}/{upload}").status_code == 404


def test_damage_and_excess_are_not_kept(house: House, home: Path) -> None:
    caller, data = house.client("A-01"), town()
    upload = announced(caller, 50)

    damaged = caller.put(f"{URL}/{upload}/0", data[:50], at=0, crc32="00000000")
    assert damaged.status_code == 422
    assert "损坏" in damaged.json["errors"][0]["detail"]
    assert send(caller, upload, data[:51]).status_code == 422
    other = send(caller, upload, data[:40])
    assert other.json == {"have": 40}
    assert send(caller, upload, bytes(40)).status_code == 409
    assert send(caller, upload, b"x", number=1).status_code == 404
    assert send(caller, upload, bytes(pieces.PIECE_BYTES + 1)).status_code == 413
    assert caller.get(f"{URL}/{upload}").json["files"][0]["have"] == 40


def test_wrong_options_do_not_cost_the_file(house: House, home: Path) -> None:
    caller, data = house.client("A-01"), town()
    upload = announced(caller, len(data))
    send(caller, upload, data)

    assert caller.post(f"{URL}/{upload}/batch", {"kind": "areas"}).status_code == 422
    assert caller.post(f"{URL}/{upload}/batch", [1]).status_code == 422

    assert caller.post(f"{URL}/{upload}/batch", {"kind": "buildings"}).status_code == 201


def test_what_lies_on_the_disk_is_bounded(house: House, home: Path) -> None:
    caller = house.client("A-01")
    most = house.settings.max_upload_bytes
    for size in (most + 1, -1):
        assert caller.post(URL, {"files": [{"name": "a.zip", "size": size}]}).status_code == 422
    assert caller.post(URL, {"files": []}).status_code == 422
    twice = [{"name": "a.shp", "size": 1}, {"name": "A.SHP", "size": 1}]
    assert caller.post(URL, {"files": twice}).status_code == 422
    uploads = [announced(caller, 1) for _ in range(pieces.MOST_UNFINISHED)]
    assert caller.post(URL, {"files": [{"name": "a.zip", "size": 1}]}).status_code == 422
    assert caller.delete(f"{URL}/{uploads[0]}").status_code == 204
    announced(caller, 1)

    past = time.time() - pieces.EXPIRES_S - 60
    for folder in (home / "uploads").iterdir():
        for path in (*folder.iterdir(), folder):
            os.utime(path, (past, past))
    announced(caller, 1)
    assert len(list((home / "uploads").iterdir())) == 1


def test_an_upload_is_its_senders_own(house: House, home: Path) -> None:
    upload = announced(house.client("A-01"), 1)
    for other in ("D-01", "Q-01"):
        caller = house.client(other)
        assert caller.get(f"{URL}/{upload}").status_code == 404
        assert send(caller, upload, b"x").status_code == 404
        assert caller.post(URL, {"files": [{"name": "a", "size": 1}]}).status_code == 404


def test_names_cannot_lead_out_of_the_folder(house: House, home: Path) -> None:
    caller, data = house.client("A-01"), town()
    upload = announced(caller, len(data), "../../楼.geojson")
    send(caller, upload, data)
    done = caller.post(f"{URL}/{upload}/batch", {"kind": "buildings"})
    assert [path.name for path in (home / "uploads" / done.json["id"]).iterdir()] == ["楼.geojson"]
