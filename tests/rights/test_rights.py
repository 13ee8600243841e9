"""Row rights, as the web role: nobody without a scope sees anything, nobody sees the neighbour's.

The list of protected tables is the whole schema: a table that is forgotten fails here.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from gridcenter.actor import Actor, act_as
from gridcenter.database import Transaction, connect
from gridcenter.settings import Settings
from tests import builders
from tests.conftest import House

OWN, OTHER = f"{builders.STREET}001Z001001", f"{builders.STREET}001Z002001"
NOT_FOR_PAGES = {"alembic_version", "spatial_ref_sys", "case_number_day"}


def test_every_table_is_forced_under_policies(owner_tx: Transaction) -> None:
    rows = owner_tx.all(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class c"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    bare = {r["relname"] for r in rows if not (r["relrowsecurity"] and r["relforcerowsecurity"])}
    assert bare <= {"alembic_version", "spatial_ref_sys"}


def test_the_web_role_owns_nothing_and_bypasses_nothing(owner_tx: Transaction) -> None:
    role = owner_tx.one("SELECT * FROM pg_roles WHERE rolname = 'gridcenter_web'")
    assert role is not None
    assert not (role["rolbypassrls"] or role["rolsuper"] or role["rolcreaterole"])
    owned = owner_tx.all("SELECT relname FROM pg_class WHERE relowner = %(o)s", {"o": role["oid"]})
    assert owned == []
    hidden = owner_tx.scalar(
        "SELECT has_column_privilege('gridcenter_web', 'account', 'password_hash', 'SELECT')"
    )
    assert hidden is False


def test_without_a_scope_everything_is_empty(settings: Settings, house: House) -> None:
    """Two transactions on one connection: the settings of the first must not stay."""
    report(house, OWN, "01-001")
    with connect(settings.url("web", house.name)) as connection:
        tx = Transaction(connection)
        act_as(tx, actor_of(house, "D-01"))
        assert tx.scalar("SELECT count(*) FROM case_file") == 1
        connection.commit()
        # After a commit the setting is '' and not NULL: the empty path is everybody's ancestor.
        assert tx.scalar("SELECT current_setting('gridcenter.areas', true)") == ""
        for table in readable_tables(tx):
            assert tx.scalar(f"SELECT count(*) FROM {table}") == 0, table


def readable_tables(tx: Transaction) -> list[str]:
    """All tables of which the web role may read at least one column, as selectable names."""
    rows = tx.all(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace ="
        " 'public'::regnamespace AND has_table_privilege(oid, 'SELECT') AND relname NOT LIKE"
        " 'geo%%' AND relname NOT LIKE 'raster%%'"
    )
    names = {row["relname"] for row in rows} - NOT_FOR_PAGES
    assert {"case_file", "building", "household", "journal", "area_now"} <= names
    return sorted(names)


def report(house: House, microgrid: str, username: str, matter: str = "09012") -> str:
    """The id of a report through the API."""
    body = builders.report_json(builders.report(microgrid, matter=matter))
    answer = house.client(username).post("/api/v1/incidents", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def actor_of(house: House, username: str) -> Actor:
    """The actor of an account in the house's database."""
    with house.owner.transaction() as tx:
        return builders.actor_named(tx, username)


def test_the_neighbours_incident_does_not_exist(house: House) -> None:
    theirs = report(house, OTHER, "01-002")
    caller = house.client("01-001")
    path = f"/api/v1/incidents/{theirs}"
    answers = [
        caller.get(path),
        caller.get(f"{path}/candidates"),
        caller.get(f"{path}/photos/{theirs}"),
        caller.operate(theirs, "accept", 1),
    ]
    unknown = caller.get("/api/v1/incidents/00000000-0000-4000-8000-000000000000")
    assert [a.status_code for a in answers] == [404] * 4
    assert answers[0].json == unknown.json  # not a word more than for a case that never was
    assert caller.get("/api/v1/incidents").json["items"] == []
    assert caller.get("/api/v1/incidents", area=OTHER).json["items"] == []
    assert caller.get("/api/v1/incidents/counts").json["states"] == {}
    assert caller.get("/api/v1/journal", after="0").json["items"] == []
    lon, lat = builders.PLACES[OTHER]
    assert (
        caller.get("/api/v1/incidents/nearby", lon=lon, lat=lat, datum="cgcs2000").json["items"]
        == []
    )


def test_the_reporter_keeps_sight_of_the_own_report(house: House) -> None:
    mine = report(house, OTHER, "01-001")
    caller = house.client("01-001")
    assert caller.get(f"/api/v1/incidents/{mine}").status_code == 200
    listed = caller.get("/api/v1/incidents", reported=True).json["items"]
    assert [item["id"] for item in listed] == [mine]


def test_handlers_see_their_departments_cases_only(house: House) -> None:
    incident = report(house, OWN, "01-001")
    handler = house.client("H-01")
    assert handler.get(f"/api/v1/incidents/{incident}").status_code == 404
    house.client("I-01").operate(incident, "file", 1)
    house.client("D-01").operate(incident, "dispatch", 2, to="zhzf")
    assert handler.get(f"/api/v1/incidents/{incident}").status_code == 200
    accepted = handler.operate(incident, "accept", 3)
    assert accepted.json["state"] == "accepted"
    back = handler.operate(incident, "return", 4, reason="不归本部门")
    assert back.status_code == 200
    assert handler.get(f"/api/v1/incidents/{incident}").status_code == 404


def test_confidential_kinds_need_the_clearance(house: House) -> None:
    with house.owner.transaction() as tx:
        tx.execute("UPDATE catalogue_item SET confidentiality = 2 WHERE code = 'A02'")
    incident = report(house, OWN, "01-001", matter="A02")
    seen = {
        username: house.client(username).get(f"/api/v1/incidents/{incident}").status_code
        for username in ("01-001", "D-01", "Z-01", "B-01", "A-01")
    }
    # The reporter keeps the own report; of the others only the duty officer has clearance 2.
    assert seen == {"01-001": 200, "D-01": 404, "Z-01": 200, "B-01": 404, "A-01": 404}


def test_figures_count_restricted_cases_and_lists_hide_them(house: House) -> None:
    with house.owner.transaction() as tx:
        tx.execute("UPDATE catalogue_item SET confidentiality = 2 WHERE code = 'A02'")
    hidden, plain = report(house, OWN, "01-001", matter="A02"), report(house, OWN, "01-001")
    asked = {"area": builders.STREET, "part": "numerator"}
    for username in ("B-01", "D-01", "Z-01"):
        caller = house.client(username)
        table = caller.get("/api/v1/statistics/indicators", area=builders.STREET).json
        street = next(row for row in table["areas"] if row["asked"])
        assert street["figures"]["reported"]["value"] == 2
        listed = caller.get("/api/v1/statistics/indicators/reported/list", **asked).json["items"]
        assert len(listed) == 2
        shown = {item["id"] for item in listed}
        assert shown == ({str(hidden), str(plain)} if username == "Z-01" else {None, str(plain)})
        if username != "Z-01":
            secret = next(item for item in listed if item["restricted"])
            known = {name for name, value in secret.items() if value not in (None, False)}
            assert known == {"kind", "at", "restricted"}


@pytest.mark.parametrize("username", ["A-01", "Q-01", "J-01"])
def test_administrators_see_no_case(house: House, username: str) -> None:
    incident = report(house, OWN, "01-001")
    caller = house.client(username)
    assert caller.get(f"/api/v1/incidents/{incident}").status_code == 404
    assert caller.get("/api/v1/incidents").json["items"] == []


@pytest.mark.parametrize(
    ("username", "post"),
    [
        ("A-01", "audit_admin"),
        ("A-01", "system_admin"),
        ("A-01", "dispatcher"),
        ("D-01", "audit_admin"),
    ],
)
def test_an_administrator_holds_nothing_else(
    owner_tx: Transaction, username: str, post: str
) -> None:
    """Whatever asks, in whatever order: two grants at once are decided by the constraints."""
    statement = (
        "INSERT INTO posting (account_id, post, area_path) SELECT a.id, %(post)s, n.path"
        " FROM account a, area_now n WHERE a.username = %(name)s AND n.level = 'street'"
    )
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner_tx.execute(statement, {"post": post, "name": username})


def test_posts_follow_one_another(owner_tx: Transaction) -> None:
    """Who was an administrator until yesterday may work on cases today."""
    account = owner_tx.scalar("SELECT id FROM account WHERE username = 'A-01'")
    ended = owner_tx.execute(
        "UPDATE posting SET valid = daterange(CURRENT_DATE - 30, CURRENT_DATE)"
        " WHERE account_id = %(id)s",
        {"id": account},
    )
    began = owner_tx.execute(
        "INSERT INTO posting (account_id, post, area_path) SELECT %(id)s, 'intake', path"
        " FROM area_now WHERE level = 'street'",
        {"id": account},
    )
    assert (ended, began) == (1, 1)


def test_audit_rows_stay(act: Callable[[str], Actor], web_tx: Transaction) -> None:
    act("J-01")
    assert web_tx.scalar("SELECT count(*) FROM account_event") > 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_tx.execute("DELETE FROM account_event")


def test_lists_use_their_index_under_row_rights(house: House) -> None:
    """The reader's way in is stated beside the policy, and both together still use the index."""
    with house.owner.transaction() as tx:
        fill_cases(tx, 20_000)
    actor = actor_of(house, "01-001")
    with connect(house.settings.url("web", house.name)) as connection:
        tx = Transaction(connection)
        act_as(tx, actor)
        path = actor.postings[0].area_path
        plan = explained(
            tx,
            "SELECT * FROM case_file c WHERE (c.area_path <@ %(p)s::ltree) AND c.kind = 'incident'"
            " ORDER BY c.opened_at DESC, c.id DESC LIMIT 50",
            {"p": path},
        )
        assert "case_file_area_gist_idx" in plan or "case_file_opened_idx" in plan
        assert "Seq Scan on case_file" not in plan
        near = explained(
            tx,
            "SELECT * FROM case_file c WHERE c.location && ST_MakeEnvelope(120.6, 31.3, 120.6002,"
            " 31.3002, 4490)",
            {},
        )
        assert "case_file_location_idx" in near


WRITES = {
    "case_event": "INSERT INTO case_event (case_id, version, operation, to_state, happened_at,"
    " account_id) VALUES (%(case)s, 99, 'close', 'closed', now(), %(me)s)",
    "case_timer": "INSERT INTO case_timer (case_id, stage, limit_amount, limit_unit, started_at)"
    " VALUES (%(case)s, 'check', 1, 'work_hour', now())",
    "incident": "INSERT INTO incident (case_id, datum, given_lon, given_lat, certain, outside,"
    " reported_at) VALUES (%(case)s, 'cgcs2000', 0, 0, true, false, now())",
    "journal": "INSERT INTO journal (topic, subject_id) VALUES ('case', %(case)s)",
    "dispatch_choice": "INSERT INTO dispatch_choice (case_id, chosen, candidates, account_id)"
    " VALUES (%(case)s, '01-001', '[]', %(me)s)",
}


@pytest.mark.parametrize("table", WRITES)
def test_nothing_is_written_about_a_case_out_of_sight(house: House, table: str) -> None:
    case = report(house, OTHER, "01-002")
    with house.owner.transaction() as tx:
        tx.execute("DELETE FROM incident")  # so that no key but the policy stands in the way
    for who, may in (("01-001", False), ("D-01", True)):
        with house.acting(who, read_only=False) as tx:
            given = {"case": case, "me": house.actor(who).account_id}
            if may:
                assert tx.execute(WRITES[table], given) == 1
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level"):
                    tx.execute(WRITES[table], given)
                tx.connection.rollback()


def test_a_desk_reads_what_came_in_by_its_own_index(house: House) -> None:
    with house.owner.transaction() as tx:
        fill_cases(tx, 20_000)
        # The desk of one community reads by where a report came in alone, wherever it happened.
        tx.execute("UPDATE case_file SET area_path = subpath(area_path, 0, 1)")
        tx.execute("ANALYZE case_file")
        tx.execute(
            "UPDATE posting SET area_path = (SELECT path FROM area_now WHERE code = %(c)s)"
            " WHERE post = 'intake'",
            {"c": OWN},
        )
    actor = actor_of(house, "I-01")
    with connect(house.settings.url("web", house.name)) as connection:
        tx = Transaction(connection)
        act_as(tx, actor)
        asked = {"p": actor.postings[0].area_path}
        counted = "SELECT count(*) FROM case_file c WHERE c.intake_path <@ %(p)s::ltree"
        assert tx.scalar(counted, asked) == 2_500
        plan = explained(tx, counted, asked)
        assert "case_file_intake_gist_idx" in plan
        assert "Seq Scan on case_file" not in plan


def explained(tx: Transaction, statement: str, params: dict[str, object]) -> str:
    """The plan as text."""
    rows = tx.all(f"EXPLAIN {statement}", params)
    return "\n".join(str(next(iter(row.values()))) for row in rows)


def fill_cases(tx: Transaction, count: int) -> None:
    """Many case files spread over the place, for plans."""
    tx.execute(
        "INSERT INTO case_file (id, number, kind, item_id, procedure_id, state, severity, area_path,"
        " intake_path, channel, description, opened_at, location, content_hash)"
        " SELECT gen_random_uuid(), 'fill-' || n, 'incident', i.id, p.id, 'filed', 'general', a.path,"
        " a.path, 'grid_worker', '', now() - n * interval '1 minute',"
        " ST_SetSRID(ST_MakePoint(120.6 + (n %% 800) / 1e5, 31.3 + (n %% 397) / 1e5), 4490), '\\x00'"
        " FROM generate_series(1, %(count)s) n"
        " JOIN (SELECT path, row_number() OVER (ORDER BY path) - 1 AS r FROM area_now"
        "        WHERE level = 'microgrid') a ON a.r = n %% 8"
        " CROSS JOIN (SELECT id FROM catalogue_item WHERE code = '09012') i"
        " CROSS JOIN (SELECT id FROM procedure LIMIT 1) p",
        {"count": count},
    )
    tx.execute("ANALYZE case_file")
