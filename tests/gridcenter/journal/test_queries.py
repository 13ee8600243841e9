"""The feed never skips a late commit, is not held up by strangers, and shows only one's own."""

from __future__ import annotations

import json
import threading

import pytest

from gridcenter.actor import act_as
from gridcenter.database import Transaction, connect
from gridcenter.errors import CursorGone, InvalidInput
from gridcenter.journal import queries
from gridcenter.journal.listen import Bell
from tests import builders
from tests.conftest import House

INSERT = (
    "INSERT INTO journal (topic, area_path, data) VALUES ('case', %(path)s, '{}') RETURNING number"
)
STREET = builders.STREET


def entries(house: House, username: str, after: str = "0") -> list[int]:
    """Numbers of the entries that an account sees after a cursor."""
    with house.owner.transaction() as tx:
        actor = builders.actor_named(tx, username)
    with house.database.transaction(read_only=True) as tx:
        act_as(tx, actor)
        return [e["number"] for e in json.loads(queries.entries_after(tx, after, 100))["items"]]


def test_a_late_commit_is_not_skipped(house: House) -> None:
    url = house.settings.url("owner", house.name)
    with connect(url) as slow, connect(url) as fast:
        first = Transaction(slow).scalar(INSERT, {"path": STREET})
        second = Transaction(fast).scalar(INSERT, {"path": STREET})
        fast.commit()
        assert first < second
        assert entries(house, "D-01") == []  # the second is there, the first may still come
        slow.commit()
        assert entries(house, "D-01") == [first, second]


def test_a_rolled_back_entry_does_not_stop_the_feed(house: House) -> None:
    url = house.settings.url("owner", house.name)
    with connect(url) as slow, connect(url) as fast:
        Transaction(slow).scalar(INSERT, {"path": STREET})
        second = Transaction(fast).scalar(INSERT, {"path": STREET})
        fast.commit()
        slow.rollback()
    assert entries(house, "D-01") == [second]


def test_a_long_stranger_does_not_hold_up_the_feed(house: House) -> None:
    with connect(house.settings.url("owner", house.name)) as importing:
        importing.execute("UPDATE area SET kind = kind")  # a transaction that writes no entry
        with house.owner.transaction() as tx:
            number = tx.scalar(INSERT, {"path": STREET})
        assert entries(house, "D-01") == [number]
        importing.rollback()


def test_many_writers_and_a_reader_that_never_goes_back(house: House) -> None:
    writers, each, seen, done = 6, 30, [], threading.Event()

    def write() -> None:
        with connect(house.settings.url("owner", house.name)) as connection:
            for _ in range(each):
                Transaction(connection).execute(INSERT, {"path": STREET})
                connection.commit()

    with house.owner.transaction() as tx:
        actor = builders.actor_named(tx, "D-01")

    def read() -> None:
        cursor = "0"
        while True:
            finished = done.is_set()
            with house.database.transaction(read_only=True) as tx:
                act_as(tx, actor)
                page = json.loads(queries.entries_after(tx, cursor, 7))
            seen.extend(e["number"] for e in page["items"])
            if finished and page["next"] == cursor:
                return
            cursor = page["next"]

    reader = threading.Thread(target=read)
    reader.start()
    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join(30)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == writers * each


def test_a_claim_that_comes_late_sends_nobody_away(house: House) -> None:
    with house.owner.transaction() as tx:
        numbers = [tx.scalar(INSERT, {"path": STREET}) for _ in range(3)]
        actor = builders.actor_named(tx, "D-01")
    with connect(house.settings.url("owner", house.name)) as writing:
        # As a writer does that read the last number before the other two were handed out.
        writing.execute(
            "SELECT pg_advisory_xact_lock_shared((4490::bigint << 48) | %s)", [numbers[0]]
        )
        with house.database.transaction(read_only=True) as tx:
            act_as(tx, actor)
            assert queries.head(tx) == str(numbers[0])
            page = json.loads(queries.entries_after(tx, str(numbers[-1]), 10))
            assert page == {"items": [], "next": str(numbers[-1])}
            with pytest.raises(CursorGone):
                queries.entries_after(tx, str(numbers[-1] + 1), 10)
        writing.rollback()


def test_one_sees_the_own_area_only(house: House) -> None:
    with house.owner.transaction() as tx:
        mine = tx.scalar(INSERT, {"path": f"{STREET}.001.Z001.001"})
        tx.scalar(INSERT, {"path": f"{STREET}.001.Z002.001"})
    assert entries(house, "01-001") == [mine]
    assert len(entries(house, "D-01")) == 2
    assert entries(house, "A-01") == []


def test_the_bell_rings_on_commit(house: House) -> None:
    bell = Bell(house.settings.url("web", house.name)).start()
    seen = bell.wait(0, 5.0)  # the first ring: the listener is there
    with house.owner.transaction() as tx:
        tx.execute(INSERT, {"path": STREET})
    assert bell.wait(seen, 5.0) > seen
    bell.stop()


def first_words(house: House, after: str) -> str:
    """The first `changed` event of a stream of D-01."""
    headers = {"Authorization": f"Bearer {house.token('D-01')}"}
    answer = house.app.test_client().get(
        "/api/v1/journal/stream", query_string={"after": after}, headers=headers
    )
    chunks = iter(answer.response)
    found = next(text for chunk in chunks if "changed" in (text := bytes(chunk).decode()))
    answer.close()
    return found


def test_a_reader_beyond_the_end_does_not_mislead_the_others(house: House) -> None:
    with house.owner.transaction() as tx:
        number = tx.scalar(INSERT, {"path": STREET})
    assert f"id: {number}\n" in first_words(house, "999999999999999999")
    assert f"id: {number}\n" in first_words(house, str(number))
    answer = house.client("D-01").get("/api/v1/journal", after="999999999999999999")
    assert (answer.status_code, answer.json["code"]) == (410, "cursor_gone")


@pytest.mark.parametrize("cursor", ["", "-1", "1.5", "x", "1" * 30, "１"])
def test_foreign_cursors_are_refused(web_tx: Transaction, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        queries.entries_after(web_tx, cursor, 10)
