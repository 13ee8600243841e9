"""The way of an incident, from the phone's report to the evaluation, through the API."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from PIL import Image

from tests import builders
from tests.conftest import House

MICROGRID = f"{builders.STREET}001Z001001"


def picture(colour: str = "grey", exif: bool = False) -> bytes:
    """A JPEG; with `exif` it says when and where it was taken."""
    image, out = Image.new("RGB", (2400, 1200), colour), io.BytesIO()
    if exif:
        tags = Image.Exif()
        tags[0x010E] = "somebody's name"
        tags.get_ifd(0x8769)[0x9003] = "2026:11:20 14:09:00"
        gps = tags.get_ifd(0x8825)
        gps[1], gps[2], gps[3], gps[4] = "N", (31.0, 18.0, 0.0), "E", (120.0, 36.0, 0.0)
        image.save(out, "JPEG", exif=tags)
    else:
        image.save(out, "JPEG")
    return out.getvalue()


def test_whole_way(house: House) -> None:
    worker, intake, dispatcher = (house.client(u) for u in ("01-001", "I-01", "D-01"))
    duty_officer = house.client("Z-01")
    body = builders.report_json(builders.report(MICROGRID))

    received = worker.post("/api/v1/incidents", body)
    assert received.status_code == 201
    incident = received.json["id"]
    seen = dispatcher.get(f"/api/v1/incidents/{incident}").json
    assert seen["place"] == "示例社区01 · 第1网格 · 微网格01"
    assert seen["location"]["certain"] is True
    assert seen["responsible"]["to"] == "01-001"
    assert [t["stage"] for t in seen["timers"]] == ["intake"]

    filed = intake.operate(incident, "file", 1)
    assert filed.status_code == 200
    assert filed.json["state"] == "filed"
    proposal = dispatcher.get(f"/api/v1/incidents/{incident}/candidates").json
    assert proposal["proposed"] == "01-001"
    assert proposal["workers"][0]["terms"][0]["fact"] == "本微网格责任人"
    dispatched = dispatcher.operate(incident, "dispatch", 2, to=proposal["proposed"])
    assert dispatched.json["holder"]["to"] == "01-001"

    assert worker.operate(incident, "accept", 3).json["state"] == "accepted"
    assert worker.operate(incident, "handle", 4, note="车主已移车").json["state"] == "handled"
    assert worker.operate(incident, "feedback", 5, note="已恢复畅通").json["state"] == "feedback"
    for stage in ("near", "after"):
        path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
        assert worker.put(path, picture(), stage=stage).status_code == 201
    # Who handled it may not check it.
    refused = worker.operate(incident, "check", 6, passed=True)
    assert refused.status_code == 403
    assert "不能核查自己办的案件" in refused.json["detail"]
    assert duty_officer.operate(incident, "check", 6, passed=True).json["state"] == "checking"
    closed = intake.operate(incident, "close", 7)
    assert closed.json["state"] == "closed"
    assert closed.json["closed_at"] is not None
    done = intake.operate(incident, "evaluate", 8, satisfaction="satisfied").json
    assert done["state"] == "evaluated"
    moves = [e for e in done["events"] if e["operation"] != "photo"]
    assert [e["operation"] for e in moves] == [
        "report",
        "file",
        "dispatch",
        "accept",
        "handle",
        "feedback",
        "check",
        "close",
        "evaluate",
    ]
    assert [e["version"] for e in moves] == list(range(1, 10))
    assert all(t["stopped_at"] for t in done["timers"])
    feed = dispatcher.get("/api/v1/journal", after="0").json["items"]
    assert [e["data"]["operation"] for e in feed if e["topic"] == "case"] == [
        e["operation"] for e in moves
    ]


def test_proposal_and_choice_are_both_kept(house: House) -> None:
    incident = filed_incident(house)
    house.client("D-01").operate(incident, "dispatch", 2, to="01-002")
    with house.owner.transaction() as tx:
        kept = tx.one("SELECT proposed, chosen, candidates FROM dispatch_choice")
    assert kept is not None
    assert (kept["proposed"], kept["chosen"]) == ("01-001", "01-002")
    assert {c["to"] for c in kept["candidates"]} >= {"01-001", "01-002"}


def test_the_same_report_again_is_one_incident(house: House) -> None:
    worker = house.client("01-001")
    body = builders.report_json(builders.report(MICROGRID))
    first, second = worker.post("/api/v1/incidents", body), worker.post("/api/v1/incidents", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["number"] == second.json["number"]
    other = worker.post("/api/v1/incidents", {**body, "description": "另一件事"})
    assert other.status_code == 409
    assert other.json["code"] == "conflict"
    # Somebody else's id gives no more away than that it is taken, be the content another or the same.
    for sent in ({**body, "description": "x"}, body):
        foreign = house.client("01-004").post("/api/v1/incidents", sent)
        assert (foreign.status_code, foreign.json["current"]) == (409, {})
        assert foreign.json["detail"] == "没存上：这个编号已用于另一份上报。请看现在的内容，再决定"
        assert first.json["number"] not in foreign.text
        assert "Location" not in foreign.headers
    with house.owner.transaction() as tx:
        assert tx.scalar("SELECT count(*) FROM case_file") == 1
        assert tx.scalar("SELECT count(*) FROM case_event") == 1


def test_a_stale_version_is_refused_and_a_repeat_is_not(house: House) -> None:
    incident = filed_incident(house)
    dispatcher = house.client("D-01")
    assert dispatcher.operate(incident, "dispatch", 2, to="01-001").status_code == 200
    again = dispatcher.operate(incident, "dispatch", 2, to="01-001")
    assert (again.status_code, again.json["version"]) == (200, 3)
    other = dispatcher.operate(incident, "dispatch", 2, to="01-002")
    assert other.status_code == 409
    assert other.json["current"] == {"version": 3, "state": "dispatched"}


def test_return_needs_a_reason_and_leaves_the_scope(house: House) -> None:
    incident = filed_incident(house)
    dispatcher, neighbour = house.client("D-01"), house.client("01-004")
    dispatcher.operate(incident, "dispatch", 2, to="01-004")
    assert neighbour.get(f"/api/v1/incidents/{incident}").status_code == 200
    refused = neighbour.operate(incident, "return", 3)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "reason"
    returned = neighbour.operate(incident, "return", 3, reason="不在我的网格")
    assert (returned.status_code, returned.json["state"]) == (200, "returned")
    assert neighbour.get(f"/api/v1/incidents/{incident}").status_code == 404


def test_third_return_goes_to_the_duty_officer(house: House) -> None:
    incident, version = filed_incident(house), 2
    dispatcher, worker = house.client("D-01"), house.client("01-001")
    for _ in range(2):
        dispatcher.operate(incident, "dispatch", version, to="01-001")
        returned = worker.operate(incident, "return", version + 1, reason="需要工具")
        version = returned.json["version"]
    refused = dispatcher.operate(incident, "dispatch", version, to="01-001")
    assert refused.status_code == 403
    assert "值班长" in refused.json["detail"]
    done = house.client("Z-01").operate(incident, "dispatch", version, to="01-001")
    assert done.status_code == 200


def test_failed_check_is_rework_with_the_old_evidence(house: House) -> None:
    incident = handled_incident(house)
    officer, worker = house.client("Z-01"), house.client("01-001")
    version = officer.get(f"/api/v1/incidents/{incident}").json["version"]
    assert officer.operate(incident, "check", version, passed=False).status_code == 422
    failed = officer.operate(incident, "check", version, passed=False, note="还有一辆")
    assert (failed.json["state"], failed.json["reworks"]) == ("rework", 1)
    assert any(e["note"] == "车主已移车" for e in failed.json["events"])
    again = worker.operate(incident, "handle", failed.json["version"], note="第二辆也移走")
    assert again.json["state"] == "handled"


def test_two_conditions_give_two_limits(house: House) -> None:
    intake, limits = house.client("I-01"), {}
    matter = intake.get("/api/v1/matters", q="09012").json["items"][0]
    assert len(matter["filing_conditions"]) >= 2
    for condition in matter["filing_conditions"][:2]:
        incident = reported_incident(house)
        filed = intake.operate(incident, "file", 1, filing_condition=condition["code"]).json
        timer = next(t for t in filed["timers"] if t["stage"] == "handle")
        limits[condition["code"]] = (timer["limit_amount"], timer["limit_unit"])
        assert filed["filing_condition"]["closing_condition"] == condition["closing_condition"]
    assert len(set(limits.values())) == 2


def test_a_place_outside_is_kept_for_intake(house: House) -> None:
    worker, intake = house.client("01-001"), house.client("I-01")
    body = builders.report_json(builders.report(lon=120.7, lat=31.3))
    incident = worker.post("/api/v1/incidents", body).json["id"]
    seen = intake.get(f"/api/v1/incidents/{incident}").json
    assert seen["outside"] is True
    assert seen["area_path"] is None
    listed = intake.get("/api/v1/incidents", area="outside").json["items"]
    assert [item["id"] for item in listed] == [incident]


def test_near_a_border_is_uncertain(house: House) -> None:
    lon = builders.WEST + builders.STEP + 0.00003  # 3 m east of the border between two grids
    body = builders.report_json(builders.report(lon=lon, lat=31.303, accuracy_m=20.0))
    incident = house.client("01-001").post("/api/v1/incidents", body).json["id"]
    seen = house.client("D-01").get(f"/api/v1/incidents/{incident}").json["location"]
    assert seen["certain"] is False
    assert seen["border_m"] == pytest.approx(2.9, abs=0.3)


def test_photos_are_clean_and_arrive_once(house: House) -> None:
    worker, incident = house.client("01-001"), reported_incident(house)
    photo, sent = uuid.uuid4(), picture(exif=True)
    path = f"/api/v1/incidents/{incident}/photos/{photo}"
    assert worker.put(path, sent, stage="near").status_code == 201
    assert worker.put(path, sent, stage="near").status_code == 200
    assert worker.put(path, picture("red"), stage="near").status_code == 409
    stored = worker.get(path)
    with Image.open(io.BytesIO(stored.data)) as image:
        assert image.size == (1920, 960)
        assert not image.getexif()
    assert b"somebody" not in stored.data
    stored.close()
    seen = worker.get(f"/api/v1/incidents/{incident}").json["photos"]
    assert [p["id"] for p in seen] == [str(photo)]
    assert seen[0]["taken_at"] == "2026-11-20T14:09:00+08:00"
    assert worker.put(path.replace(str(photo), str(uuid.uuid4())), b"no").status_code == 422
    assert house.client("01-004").get(path).status_code == 404


def test_what_is_not_possible_now_says_why(house: House) -> None:
    incident = reported_incident(house)
    officer = house.client("Z-01").get(f"/api/v1/incidents/{incident}").json
    operations = {o["operation"]: o for o in officer["allowed_operations"]}
    assert operations["file"]["allowed"] is True
    assert operations["close"]["allowed"] is False
    assert operations["close"]["sentence"] == "现在不能：结案（先要核查通过）"
    refused = house.client("Z-01").operate(incident, "close", 1)
    assert (refused.status_code, refused.json["code"]) == (409, "move_not_allowed")


def test_events_cannot_be_changed(house: House) -> None:
    reported_incident(house)
    import psycopg

    with pytest.raises(psycopg.Error, match="never changed"), house.owner.transaction() as tx:
        tx.execute("UPDATE case_event SET note = 'x'")


def reported_incident(house: House) -> str:
    """The id of a fresh report of worker 01-001."""
    body = builders.report_json(builders.report(MICROGRID))
    return str(house.client("01-001").post("/api/v1/incidents", body).json["id"])


def filed_incident(house: House) -> str:
    """The id of a filed report, at version 2."""
    incident = reported_incident(house)
    assert house.client("I-01").operate(incident, "file", 1).status_code == 200
    return incident


def handled_incident(house: House) -> str:
    """The id of a report that 01-001 handled and gave feedback on, at version 6."""
    incident = filed_incident(house)
    house.client("D-01").operate(incident, "dispatch", 2, to="01-001")
    worker = house.client("01-001")
    worker.operate(incident, "accept", 3)
    worker.operate(incident, "handle", 4, note="车主已移车")
    assert worker.operate(incident, "feedback", 5, note="已恢复").status_code == 200
    return incident


def test_receipt_is_small_and_numbered(house: House) -> None:
    body = builders.report_json(builders.report(MICROGRID))
    answer = house.client("01-001").post("/api/v1/incidents", body)
    assert set(json.loads(answer.text)) == {"id", "number", "state", "version"}
    assert answer.headers["Location"] == f"/api/v1/incidents/{body['id']}"


def test_numbers_do_not_repeat_beyond_the_ten_thousandth_of_a_day(house: House) -> None:
    with house.owner.transaction() as tx:
        tx.execute("SELECT next_case_number('2026-11-20')")
        tx.execute("SELECT setval('case_number_seq', currval('case_number_seq') + 9997)")
        numbers = [tx.scalar("SELECT next_case_number('2026-11-20') AS n") for _ in range(3)]
        other_day = tx.scalar("SELECT next_case_number('2026-11-21') AS n")
    assert numbers == ["20261120-9999", "20261120-10000", "20261120-10001"]
    assert other_day == "20261121-0001"


def test_who_only_reads_adds_no_photo_and_walls_read_no_words(house: House) -> None:
    incident = reported_incident(house)
    path = f"/api/v1/incidents/{incident}"
    for username, status in (("B-01", 404), ("S-01", 403)):
        answer = house.client(username).put(
            f"{path}/photos/{uuid.uuid4()}", picture(), stage="near"
        )
        assert answer.status_code == status
    wall = house.client("B-01")
    assert [item["id"] for item in wall.get("/api/v1/incidents").json["items"]] == [incident]
    assert wall.get(path).status_code == 404
    assert wall.get(f"{path}/candidates").status_code == 404
