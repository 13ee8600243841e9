"""What an incident refuses: fields nobody asks for, photos too late or missing, a place without an
area, channels of others, reports that say too little."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from gridcenter.casework.operations import sweep_overdue
from gridcenter.casework.photo_kinds import PHOTO_KINDS
from tests import builders
from tests.conftest import House
from tests.journeys.test_incident import (
    MICROGRID,
    filed_incident,
    handled_incident,
    picture,
    reported_incident,
)

OUTSIDE = {"lon": 120.7, "lat": 31.3}


def field_of(answer: Any) -> str:
    """The one field that a 422 names."""
    assert answer.status_code == 422, answer.text
    (error,) = answer.json["errors"]
    return str(error["field"])


def add_photo(house: House, incident: str, stage: str, who: str = "01-001") -> Any:
    """The answer to a photo."""
    path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
    return house.client(who).put(path, picture(), stage=stage)


def detail(house: House, incident: str, who: str = "I-01") -> Any:
    """The incident as somebody sees it."""
    return house.client(who).get(f"/api/v1/incidents/{incident}").json


# --- what was given ----------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"junk": "x" * 900}, {"note": "好", "to": "01-001"}])
def test_a_field_that_the_operation_does_not_ask_for_is_refused(
    house: House, given: dict[str, str]
) -> None:
    incident = reported_incident(house)
    refused = house.client("I-01").operate(incident, "file", 1, **given)
    assert field_of(refused) in given
    assert refused.json["errors"][0]["code"] == "unknown_field"
    seen = detail(house, incident)
    assert (seen["version"], [e["operation"] for e in seen["events"]]) == (1, ["report"])


def test_a_text_longer_than_any_is_refused_at_the_door(house: House) -> None:
    incident = reported_incident(house)
    for given in ({"junk": "x" * 900_000}, {"x" * 900_000: "junk"}, {"note": "长" * 2001}):
        answer = house.client("I-01").operate(incident, "file", 1, **given)
        assert answer.status_code == 422
        assert len(answer.text) < 2000


def test_a_repeat_is_known_though_a_mark_of_the_same_version_was_written(house: House) -> None:
    """Marks carry the version they found: they stand beside the move that made it."""
    incident = filed_incident(house)
    dispatcher = house.client("D-01")
    assert dispatcher.operate(incident, "dispatch", 2, to="01-001").status_code == 200
    with house.owner.transaction() as tx:
        # The mark before the move, as an index scan may give it.
        tx.execute("ALTER TABLE case_event DISABLE TRIGGER USER")
        tx.execute(
            "UPDATE case_event SET version = 99 WHERE case_id = %(id)s AND operation = 'dispatch'",
            {"id": incident},
        )
        tx.execute("UPDATE case_timer SET due_at = now() - interval '1 minute'")
        assert sweep_overdue(tx) == 1
        tx.execute(
            "INSERT INTO case_event (case_id, version, operation, from_state, to_state, happened_at,"
            " account_id, data) SELECT case_id, 3, operation, from_state, to_state, happened_at,"
            " account_id, data FROM case_event WHERE version = 99"
        )
    again = dispatcher.operate(incident, "dispatch", 2, to="01-001")
    assert (again.status_code, again.json["version"]) == (200, 3)


@pytest.mark.parametrize("reporter", ["01-001", "01-002"])
def test_a_return_is_known_again_though_the_case_is_out_of_reach(
    house: House, reporter: str
) -> None:
    """The answer to the first got lost; who reported the case still reads it, but holds it no more."""
    body = builders.report_json(builders.report(MICROGRID))
    incident = str(house.client(reporter).post("/api/v1/incidents", body).json["id"])
    house.client("I-01").operate(incident, "file", 1)
    house.client("D-01").operate(incident, "dispatch", 2, to="01-002")
    worker = house.client("01-002")
    answers = [worker.operate(incident, "return", 3, reason="不是我的网格") for _ in range(2)]
    assert [(a.status_code, a.json["version"], a.json["state"]) for a in answers] == [
        (200, 4, "returned")
    ] * 2
    with house.owner.transaction(read_only=True) as tx:
        assert tx.scalar("SELECT version FROM case_file WHERE id = %(id)s", {"id": incident}) == 4
    # What was not the same word, or not one's own, is as unknown as before.
    refused = 403 if reporter == "01-002" else 404
    assert worker.operate(incident, "return", 3, reason="别的理由").status_code == refused
    assert (
        house.client("01-003").operate(incident, "return", 3, reason="不是我的网格").status_code
        == 404
    )


def test_not_done_yet_said_twice_does_not_complete_a_case(house: House) -> None:
    incident, worker = filed_incident(house), house.client("01-001")
    house.client("D-01").operate(incident, "dispatch", 2, to="01-001")
    worker.operate(incident, "accept", 3)
    assert worker.operate(incident, "handle", 4, note="已到场", done=False).json["state"] == (
        "handling"
    )
    again = worker.operate(incident, "handle", 5, note="还在等配件", done=False)
    assert (again.status_code, again.json["code"]) == (409, "move_not_allowed")
    seen = detail(house, incident)
    assert (seen["state"], seen["version"]) == ("handling", 5)
    assert worker.operate(incident, "handle", 5, note="已办好").json["state"] == "handled"


# --- photos ------------------------------------------------------------------------------------


def test_a_photo_stands_in_the_history_and_raises_no_version(house: House) -> None:
    incident = reported_incident(house)
    photo = add_photo(house, incident, "near")
    assert photo.status_code == 201
    seen = detail(house, incident)
    event = seen["events"][-1]
    assert (event["operation"], event["version"], event["who"]) == ("photo", 1, "01-001")
    assert event["post"] == "grid_worker"
    assert event["data"] == {
        "photo": photo.json["id"],
        "stage": "near",
        "sha256": photo.json["sha256"],
    }
    assert seen["version"] == 1
    # The version that was seen before the photo still holds.
    assert house.client("I-01").operate(incident, "file", 1).status_code == 200


def test_the_same_photo_again_is_one_line_of_the_history(house: House) -> None:
    incident, worker = reported_incident(house), house.client("01-001")
    path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
    answers = [worker.put(path, picture(), stage="near").status_code for _ in range(2)]
    assert answers == [201, 200]
    events = [e["operation"] for e in detail(house, incident)["events"]]
    assert events == ["report", "photo"]


@pytest.mark.parametrize("ended", ["rejected", "closed"])
def test_no_photo_after_the_end_but_a_repeat_is_known(house: House, ended: str) -> None:
    incident = reported_incident(house) if ended == "rejected" else handled_incident(house)
    worker, intake = house.client("01-001"), house.client("I-01")
    path = f"/api/v1/incidents/{incident}/photos/{uuid.uuid4()}"
    assert worker.put(path, picture(), stage="near").status_code == 201
    if ended == "rejected":
        assert intake.operate(incident, "reject", 1, reason="与已有案件重复").status_code == 200
    else:
        assert add_photo(house, incident, "after").status_code == 201
        assert intake.operate(incident, "check", 6, passed=True).status_code == 200
        assert intake.operate(incident, "close", 7).status_code == 200
    late = add_photo(house, incident, "far")
    assert (late.status_code, late.json["code"]) == (409, "move_not_allowed")
    words = {"rejected": "不予受理", "closed": "已结案"}[ended]
    assert late.json["detail"] == f"现在不能：加照片（案件{words}）"
    assert worker.put(path, picture(), stage="near").status_code == 200


def check_of(house: House, incident: str, who: str) -> dict[str, Any]:
    """What the screen of somebody knows of the check."""
    found = detail(house, incident, who)["allowed_operations"]
    return next(o for o in found if o["operation"] == "check")


def moves_told(house: House, incident: str) -> list[Any]:
    """Operation and owed photos of each check and closing; no key reads as None."""
    events = detail(house, incident)["events"]
    return [
        (e["operation"], e["data"].get("photos_owed"))
        for e in events
        if e["operation"] in ("check", "close")
    ]


@pytest.mark.parametrize("checker", ["D-01", "I-01", "Z-01"])
def test_a_check_without_photos_passes_and_the_event_says_which_were_owed(
    house: House, checker: str
) -> None:
    incident = handled_incident(house)
    assert detail(house, incident)["photos_owed"] == ["after", "near"]
    done = house.client(checker).operate(incident, "check", 6, passed=True, note="好")
    assert (done.status_code, done.json["state"]) == (200, "checking")
    assert done.json["events"][-1]["data"]["photos_owed"] == ["after", "near"]
    assert house.client("I-01").operate(incident, "close", 7).json["state"] == "closed"
    assert moves_told(house, incident) == [
        ("check", ["after", "near"]),
        ("close", ["after", "near"]),
    ]


def test_each_event_says_what_was_owed_at_its_own_time(house: House) -> None:
    incident, intake = handled_incident(house), house.client("I-01")
    assert add_photo(house, incident, "near").status_code == 201
    assert intake.operate(incident, "check", 6, passed=True).status_code == 200
    assert add_photo(house, incident, "after").status_code == 201
    assert intake.operate(incident, "close", 7).status_code == 200
    assert moves_told(house, incident) == [("check", ["after"]), ("close", None)]


def test_the_same_check_again_is_harmless_while_photos_are_owed(house: House) -> None:
    incident, intake = handled_incident(house), house.client("I-01")
    answers = [intake.operate(incident, "check", 6, passed=True) for _ in range(2)]
    assert [(a.status_code, a.json["version"]) for a in answers] == [(200, 7), (200, 7)]
    assert moves_told(house, incident) == [("check", ["after", "near"])]


@pytest.mark.parametrize("who", ["D-01", "I-01", "Z-01"])
def test_whoever_checks_may_say_why_there_are_no_photos(house: House, who: str) -> None:
    incident, why = handled_incident(house), "地下室无光，照片不可用，电话核实"
    (passed,) = (m for m in check_of(house, incident, who)["moves"] if m["to_state"] == "checking")
    assert passed["requires"]["properties"]["without_evidence"]["maxLength"] == 2000
    assert passed["requires"]["required"] == ["passed"]
    caller = house.client(who)
    for wrong in (" ", "无", "长" * 2001):
        refused = caller.operate(incident, "check", 6, passed=True, without_evidence=wrong)
        assert field_of(refused) == "without_evidence"
    done = caller.operate(incident, "check", 6, passed=True, without_evidence=why).json
    event = done["events"][-1]["data"]
    assert (event["given"]["without_evidence"], event["photos_owed"]) == (why, ["after", "near"])
    # Said once, nobody is asked again; it may be said again, and the event tells what is owed.
    (close,) = (
        o
        for o in detail(house, incident)["allowed_operations"]
        if (o["operation"], o["allowed"]) == ("close", True)
    )
    assert "without_evidence" not in close["requires"]["properties"]
    closed = house.client("I-01").operate(incident, "close", 7, without_evidence=why).json
    assert closed["state"] == "closed"
    assert closed["events"][-1]["data"]["photos_owed"] == ["after", "near"]


def test_a_closing_has_room_for_the_reason_that_the_check_left_out(house: House) -> None:
    incident, intake = handled_incident(house), house.client("I-01")
    done = intake.operate(incident, "check", 6, passed=True).json
    (close,) = (o for o in done["allowed_operations"] if o["operation"] == "close")
    assert "without_evidence" in close["requires"]["properties"]
    assert "without_evidence" not in close["requires"].get("required", [])


def test_a_failed_check_owes_nothing_and_takes_no_reason(house: House) -> None:
    incident, intake = handled_incident(house), house.client("I-01")
    failed = {"passed": False, "note": "没办好"}
    refused = intake.operate(incident, "check", 6, **failed, without_evidence="没有照片")
    assert field_of(refused) == "without_evidence"
    assert intake.operate(incident, "check", 6, **failed).json["state"] == "rework"
    assert moves_told(house, incident) == [("check", None)]


def test_with_all_photos_nothing_is_asked_or_told(house: House) -> None:
    incident = handled_incident(house)
    add_photo(house, incident, "near")
    add_photo(house, incident, "after")
    check = check_of(house, incident, "D-01")
    assert [m["to_state"] for m in check["moves"]] == ["checking", "rework"]
    assert "without_evidence" not in check["moves"][0]["requires"]["properties"]
    assert house.client("D-01").operate(incident, "check", 6, passed=True).status_code == 200
    assert house.client("I-01").operate(incident, "close", 7).status_code == 200
    assert moves_told(house, incident) == [("check", None), ("close", None)]


def test_every_kind_of_photo_of_the_catalogue_has_words(house: House) -> None:
    with house.owner.transaction(read_only=True) as tx:
        asked = tx.scalar("SELECT array_agg(DISTINCT e) FROM filing_condition, unnest(evidence) e")
    assert set(asked) <= set(PHOTO_KINDS)


# --- outside every area ------------------------------------------------------------------------


def outside_incident(house: House) -> str:
    """The id of a report that lies outside every area."""
    body = builders.report_json(builders.report(**OUTSIDE))
    return str(house.client("01-001").post("/api/v1/incidents", body).json["id"])


def test_filing_a_case_outside_names_the_area_that_takes_it_on(house: House) -> None:
    incident, intake = outside_incident(house), house.client("I-01")
    file = next(
        o for o in detail(house, incident)["allowed_operations"] if o["operation"] == "file"
    )
    assert "area" in file["requires"]["required"]
    assert field_of(intake.operate(incident, "file", 1)) == "area"
    for wrong in ("320508", "no such", "31010100100"):
        assert field_of(intake.operate(incident, "file", 1, area=wrong)) == "area"
    community = f"{builders.STREET}001"
    filed = intake.operate(incident, "file", 1, area=community).json
    assert (filed["state"], filed["place"], filed["outside"]) == ("filed", "示例社区01", False)
    assert filed["area_path"] == f"{builders.STREET}.001"
    assert (filed["location"]["outside"], filed["location"]["area_by_hand"]) == (True, True)
    event = filed["events"][-1]
    assert (event["data"]["area"], event["data"]["area_by_hand"]) == (community, True)
    dispatcher = house.client("D-01")
    assert dispatcher.get(f"/api/v1/incidents/{incident}").status_code == 200
    assert dispatcher.get(f"/api/v1/incidents/{incident}/candidates").status_code == 200
    sent = dispatcher.operate(incident, "dispatch", 2, to="zhzf")
    assert (sent.status_code, sent.json["state"]) == (200, "dispatched")
    topics = dispatcher.get("/api/v1/journal", after="0").json["items"]
    assert [e["data"]["operation"] for e in topics] == ["file", "dispatch"]


def test_intake_gets_what_a_handler_reports_from_outside_every_area(house: House) -> None:
    """A handler's posting has no area: the report goes to the nearest desk (docs/decisions/0015)."""
    body = builders.report_json(builders.report(**OUTSIDE, channel="department"))
    received = house.client("H-01").post("/api/v1/incidents", body)
    assert received.status_code == 201, received.text
    incident, intake = received.json["id"], house.client("I-01")
    assert [i["id"] for i in intake.get("/api/v1/incidents", area="outside").json["items"]] == [
        incident
    ]
    filed = intake.operate(incident, "file", 1, area=f"{builders.STREET}001")
    assert (filed.status_code, filed.json["state"]) == (200, "filed")


def test_a_department_with_an_area_reports_to_the_desk_of_that_area(house: House) -> None:
    with house.owner.transaction() as tx:
        tx.execute(
            "UPDATE department SET area_path = %(p)s WHERE code = 'zhzf'",
            {"p": f"{builders.STREET}.002"},
        )
    body = builders.report_json(builders.report(**OUTSIDE, channel="department"))
    incident = house.client("H-01").post("/api/v1/incidents", body).json["id"]
    with house.owner.transaction(read_only=True) as tx:
        path = "SELECT intake_path::text FROM case_file WHERE id = %(id)s"
        assert tx.scalar(path, {"id": incident}) == f"{builders.STREET}.002"
    assert house.client("I-01").get(f"/api/v1/incidents/{incident}").status_code == 200


def test_without_any_area_nobody_could_take_a_report_in(house: House) -> None:
    with house.owner.transaction() as tx:
        tx.execute("TRUNCATE area_version CASCADE")
    body = builders.report_json(builders.report(**OUTSIDE, channel="department"))
    refused = house.client("H-01").post("/api/v1/incidents", body)
    assert field_of(refused) == "lon"
    assert refused.json["errors"][0]["code"] == "no_areas"


def test_another_area_takes_it_on_after_a_return_to_intake(house: House) -> None:
    incident, intake = outside_incident(house), house.client("I-01")
    first, second = f"{builders.STREET}001", f"{builders.STREET}002"
    assert intake.operate(incident, "file", 1, area=first).status_code == 200
    back = house.client("D-01").operate(incident, "return", 2, reason="应由第二社区承办")
    assert back.status_code == 200
    file = next(
        o for o in detail(house, incident)["allowed_operations"] if o["operation"] == "file"
    )
    assert "area" in file["requires"]["properties"]
    assert "area" not in file["requires"].get("required", [])
    filed = intake.operate(incident, "file", 3, area=second).json
    assert (filed["state"], filed["place"]) == ("filed", "示例社区02")


def test_a_case_inside_is_taken_on_by_its_place(house: House) -> None:
    incident = reported_incident(house)
    file = next(
        o for o in detail(house, incident)["allowed_operations"] if o["operation"] == "file"
    )
    assert "area" not in file["requires"]["properties"]
    answer = house.client("I-01").operate(incident, "file", 1, area=f"{builders.STREET}002")
    assert field_of(answer) == "area"


# --- reports -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "channel", "status"),
    [
        ("01-001", "grid_worker", 201),
        ("01-001", "hotline_12345", 422),
        ("01-001", "superior", 422),
        ("01-001", "video", 422),
        ("01-001", "collected", 422),
        ("I-01", "hotline_12345", 201),
        ("I-01", "grid_worker", 422),
        ("D-01", "desk", 201),
        ("H-01", "department", 201),
        ("H-01", "hotline_12345", 422),
        ("S-01", "superior", 201),
    ],
)
def test_each_post_reports_by_its_own_channels(
    house: House, who: str, channel: str, status: int
) -> None:
    body = builders.report_json(builders.report(MICROGRID, channel=channel))
    answer = house.client(who).post("/api/v1/incidents", body)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert field_of(answer) == "channel"
        assert answer.json["errors"][0]["code"] == "not_your_channel"


@pytest.mark.parametrize(
    "change",
    [
        {"description": None},
        {"description": ""},
        {"description": "  \n　"},
        {"description": ...},
        {"accuracy_m": ...},
        {"datum": ...},
    ],
)
def test_only_condition_and_address_may_be_left_out(house: House, change: dict[str, Any]) -> None:
    body = {**builders.report_json(builders.report(MICROGRID)), **change}
    body = {name: value for name, value in body.items() if value is not ...}
    answer = house.client("01-001").post("/api/v1/incidents", body)
    assert field_of(answer) == next(iter(change))


def test_a_pin_put_by_hand_has_no_accuracy(house: House) -> None:
    body = {**builders.report_json(builders.report(MICROGRID)), "accuracy_m": None}
    received = house.client("01-001").post("/api/v1/incidents", body)
    assert received.status_code == 201
    assert detail(house, received.json["id"])["location"]["accuracy_m"] is None


@pytest.mark.parametrize("path", ["/api/v1/locate", "/api/v1/incidents/nearby"])
def test_a_place_is_asked_for_in_a_named_datum(house: House, path: str) -> None:
    answer = house.client("I-01").get(path, lon=120.601, lat=31.301)
    assert field_of(answer) == "datum"


# --- who reads what ----------------------------------------------------------------------------


def test_a_program_gets_the_language_it_names(house: House) -> None:
    caller = house.client("I-01")
    path = f"/api/v1/incidents/{uuid.uuid4()}"
    assert "没有这个案件" in caller.get(path).json["detail"]
    for named, begin in (("en-GB,en;q=0.9", "There is no"), ("zh-CN", "没有"), ("*", "没有")):
        caller.headers["Accept-Language"] = named
        assert caller.get(path).json["detail"].startswith(begin)
    with house.owner.transaction() as tx:
        tx.execute("UPDATE account SET locale = 'en'")
    caller.headers["Accept-Language"] = "zh-CN"
    assert caller.get(path).json["detail"].startswith("没有")
    # A page (cookie) keeps the language of the account.
    page = house.client()
    page.flask.set_cookie("gridcenter_session", house.token("I-01", "browser"))
    page.headers["Accept-Language"] = "zh-CN"
    assert page.get(path).json["detail"].startswith("There is no")


def test_parts_of_an_area_that_does_not_exist(house: House) -> None:
    caller = house.client("I-01")
    assert field_of(caller.get("/api/v1/areas", parent="nope")) == "parent"
    assert len(caller.get("/api/v1/areas", parent=builders.STREET).json["items"]) == 2
    assert caller.get("/api/v1/areas", parent=MICROGRID).json["items"] == []


def test_a_wall_lists_no_doors_no_people(house: House) -> None:
    body = builders.report_json(builders.report(MICROGRID, address="1 幢 502"))
    incident = house.client("01-001").post("/api/v1/incidents", body).json["id"]
    house.client("I-01").operate(incident, "file", 1)
    house.client("D-01").operate(incident, "dispatch", 2, to="01-001")
    seen = {}
    for who in ("B-01", "S-01"):
        (item,) = house.client(who).get("/api/v1/incidents").json["items"]
        seen[who] = (item["address"], item["holder"])
    assert seen == {"B-01": (None, None), "S-01": ("1 幢 502", "01-001")}


def test_given_is_all_that_an_event_keeps_of_a_body(house: House) -> None:
    incident = reported_incident(house)
    filed = house.client("I-01").operate(incident, "file", 1, note="已核对").json
    assert filed["events"][-1]["data"]["given"] == {"note": "已核对"}
