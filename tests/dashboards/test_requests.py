"""What holds for every request: how much it may bring, when its work counts as done."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shapely import box
from shapely.geometry import mapping
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from dashboards import pieces, requests
from gridcenter.casework import photos
from tests import builders
from tests.conftest import Caller, House
from tests.journeys.test_incident import picture, reported_incident

LONG = requests.MOST_BODY_BYTES + 1


@pytest.fixture
def home(house: House, tmp_path: Path) -> Iterator[Path]:
    """Uploads lie in the test's own folder."""
    found = house.app.extensions["house"]
    house.app.extensions["house"] = replace(found, settings=replace(found.settings, home=tmp_path))
    yield tmp_path / "uploads"


def upload(caller: Caller, *files: tuple[str, bytes]) -> Any:
    parts = [("file", FileStorage(io.BytesIO(data), name)) for name, data in files]
    boundary, body = encode_multipart(MultiDict([("kind", "buildings"), *parts]))
    content = f'multipart/form-data; boundary="{boundary}"'
    return caller.flask.post(
        "/api/v1/imports", data=body, content_type=content, headers=caller.headers
    )


def town(padding: int = 0) -> bytes:
    """A GeoJSON file of one house, and so many bytes more."""
    x, y = builders.WEST + 0.0004, builders.SOUTH + 0.0004
    shape = mapping(box(x, y, x + 0.0002, y + 0.0002))
    feature = {"type": "Feature", "properties": {"层数": 6}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    return (text + " " * padding).encode()


def refuse_commits(house: House, table: str) -> None:
    """From now on whoever changes a row of `table` cannot commit."""
    with house.owner.transaction() as tx:
        tx.execute(
            "CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no commit'; END $$"
        )
        tx.execute(
            f"CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT OR UPDATE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_commit()"
        )


# --- how much ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("zh", "内容太大"), ("en", "too large")])
def test_a_long_body_is_refused_in_words(shared_house: House, language: str, words: str) -> None:
    answer = shared_house.app.test_client().post(
        "/api/v1/sessions",
        json={"username": "D-01", "password": "x" * LONG},
        headers={"Accept-Language": language},
    )
    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")
    assert answer.json["code"] == "http_413"
    assert words in answer.json["detail"].lower()


def test_nobody_sends_a_long_form_to_the_log_in(shared_house: House) -> None:
    answer = shared_house.app.test_client().post(
        "/login", data=b"x" * LONG, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 413


def test_views_that_take_files_take_more(house: House, home: Path) -> None:
    administrator, worker = house.client("A-01"), house.client("01-001")
    assert upload(administrator, ("楼.geojson", town(LONG))).status_code == 201
    noise = Caller(worker.flask, worker.headers | {"Content-Type": "application/octet-stream"})
    path = f"/api/v1/incidents/{reported_incident(house)}/photos/{uuid.uuid4()}"
    assert noise.put(path, b"x" * LONG, stage="near").status_code == 422
    most = house.settings.max_photo_bytes
    assert noise.put(path, b"x" * (most + 100_000), stage="near").status_code == 413
    piece = f"/api/v1/imports/uploads/{uuid.uuid4()}/0"
    for length, status in ((pieces.PIECE_BYTES, 404), (pieces.PIECE_BYTES + 1, 404)):
        sent = administrator.put(piece, b"x" * length, at=0, crc32="00000000")
        assert sent.status_code == status


def test_two_files_of_one_name_are_refused(house: House, home: Path) -> None:
    """One must not take the other's place unseen, whichever way they come."""
    caller = house.client("A-01")
    twice = upload(caller, ("a/楼.geojson", town()), ("b/楼.GEOJSON", town()))
    assert (twice.status_code, twice.json["errors"][0]["code"]) == (422, "twice")
    assert not home.exists()


# --- when it is done ---------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["discard", "apply"])
def test_files_of_a_batch_outlive_a_commit_that_fails(house: House, home: Path, step: str) -> None:
    caller = house.client("A-01")
    batch = upload(caller, ("楼.geojson", town())).json["id"]
    assert (home / batch / "楼.geojson").is_file()
    refuse_commits(house, "import_batch")
    assert caller.post(f"/api/v1/imports/{batch}/{step}", {}).status_code == 500
    assert (home / batch / "楼.geojson").is_file()
    again = {"kind": "buildings", "source": "second look"}
    assert caller.post(f"/api/v1/imports/{batch}/reading", again).status_code == 500
    assert (home / batch / "楼.geojson").is_file()


def test_what_is_committed_is_answered_so(house: House) -> None:
    """A session whose last sign of life cannot be written has still done its work."""
    worker = house.client("01-001")
    with house.owner.transaction() as tx:
        tx.execute("UPDATE session SET seen_at = now() - interval '5 minutes'")
        tx.execute("REVOKE EXECUTE ON FUNCTION touch_session(uuid) FROM PUBLIC, gridcenter_web")
    told = worker.post("/api/v1/incidents", builders.report_json(builders.report()))
    assert told.status_code == 201


def test_a_photo_is_decoded_outside_any_transaction_and_for_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, waiting = reported_incident(house), []
    path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
    keep = photos.keep_photo

    def watched(*given: Any) -> photos.KeptPhoto:
        with house.owner.transaction() as tx:
            found = tx.all(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename = 'gridcenter_web' AND state LIKE 'idle in transaction%%'"
            )
        waiting.append(found)
        return keep(*given)

    monkeypatch.setattr(photos, "keep_photo", watched)
    sent = picture()
    refused = {
        None: 401,
        "01-004": 404,  # of another grid
        "B-01": 404,  # for a wall there is no such thing
        "S-01": 403,  # an official only reads
    }
    for username, status in refused.items():
        assert house.client(username).put(path, sent, stage="near").status_code == status
    assert waiting == []
    worker = house.client("01-001")
    assert worker.put(path, sent, stage="near").status_code == 201
    assert worker.put(path, sent, stage="near").status_code == 200
    assert waiting == [[]]
