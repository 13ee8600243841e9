"""What changes workers and duties: new workers, who answers for what until when, last positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

import psycopg

from gridcenter.actor import Actor
from gridcenter.areas.queries import area_by_code
from gridcenter.database import Row, Transaction
from gridcenter.errors import WORKER, FieldError, InvalidInput, NotFound, Words

EMPLOYMENTS = ("full_time", "part_time", "volunteer")
DUTY_KINDS = ("responsible", "deputy", "grid_leader")
MOMENTS = ("report", "operation", "visit")
DUTY = Words("责任分工", "duty")


@dataclass(frozen=True)
class CreateWorker:
    """A new grid worker of an area (code); `username` of an existing account, or None."""

    code: str
    display_name: str
    area: str
    employment: str = "full_time"
    capacity: int = 10
    username: str | None = None
    is_example: bool = False


_NEW_WORKER = """
INSERT INTO grid_worker (id, code, account_id, display_name, employment, area_path, capacity,
                         is_example)
VALUES (%(id)s, %(code)s, %(account)s, %(name)s, %(employment)s, %(path)s, %(capacity)s, %(example)s)
"""


def create_worker(tx: Transaction, actor: Actor, command: CreateWorker) -> UUID:
    """The id of the new worker.

    Raises InvalidInput for a taken code, an account that does not exist or is another worker's, an
    unknown employment, an empty name; NotFound for an unknown area.
    """
    _check_worker(command)
    path = area_by_code(tx, command.area)["path"]
    account = None
    if command.username is not None:
        account = tx.scalar(
            "SELECT id FROM account WHERE lower(username) = lower(%(n)s)", {"n": command.username}
        )
        if account is None:
            raise InvalidInput.of(
                "username",
                "unknown_account",
                f"没有账号 {command.username}，先在账号页新建",
                f"There is no account {command.username}; make it first",
            )
    worker_id = uuid4()
    given = {
        "id": worker_id,
        "code": command.code.strip(),
        "account": account,
        "name": command.display_name.strip(),
        "employment": command.employment,
        "path": path,
        "capacity": command.capacity,
        "example": command.is_example,
    }
    try:
        with tx.connection.transaction():
            tx.execute(_NEW_WORKER, given)
    except psycopg.errors.UniqueViolation as error:
        raise _taken(command, error.diag.constraint_name) from error
    return worker_id


def _check_worker(command: CreateWorker) -> None:
    errors = []
    if not 1 <= len(command.code.strip()) <= 40:
        errors.append(FieldError("code", "length", "编号为 1 至 40 个字", "1 to 40 characters"))
    if not 1 <= len(command.display_name.strip()) <= 80:
        errors.append(
            FieldError("display_name", "length", "名称为 1 至 80 个字", "1 to 80 characters")
        )
    if command.employment not in EMPLOYMENTS:
        errors.append(_one_of("employment", EMPLOYMENTS))
    if not 1 <= command.capacity <= 200:
        errors.append(FieldError("capacity", "out_of_range", "在办上限为 1 至 200", "1 to 200"))
    if errors:
        raise InvalidInput(errors)


def _taken(command: CreateWorker, constraint: str | None) -> InvalidInput:
    if constraint == "grid_worker_account_id_key":
        return InvalidInput.of(
            "username",
            "account_taken",
            f"账号 {command.username} 已属于另一位网格员",
            f"The account {command.username} belongs to another worker",
        )
    return InvalidInput.of(
        "code",
        "code_taken",
        f"编号 {command.code} 已有人用，换一个",
        f"The code {command.code} is taken, choose another",
    )


@dataclass(frozen=True)
class AssignDuty:
    """Who (worker code) answers for what (area code), as what, from `since` until before `until`.

    `rank` 0 is the responsible worker or leader, 1… deputies in the order they are called.
    """

    worker: str
    area: str
    kind: str
    since: date
    until: date | None = None
    rank: int = 0
    is_example: bool = False


_NEW_DUTY = """
INSERT INTO duty (worker_id, area_id, area_path, kind, rank, valid, is_example)
VALUES (%(worker)s, %(area)s, %(path)s, %(kind)s, %(rank)s, daterange(%(since)s, %(until)s),
        %(example)s)
"""

# What the exclusion constraints of the table say, in the words of who fills in the form.
_OVERLAPS = {
    "duty_once_at_a_time": (
        "worker",
        "duty_twice",
        "{worker} 在这段时间已负责 {area}，先结束原来的分工",
        "{worker} already has this duty for {area} in that time; end it first",
    ),
    "duty_one_per_rank": (
        "rank",
        "rank_taken",
        "{area} 在这段时间已有人担任（{place}），先结束原来的分工或换一个次序",
        "{area} already has somebody as {place} in that time; end that duty or choose another rank",
    ),
}


def assign_duty(tx: Transaction, actor: Actor, command: AssignDuty) -> None:
    """Put a duty into force.

    Raises InvalidInput when the term is empty, the worker has the duty already, or the place is
    taken in that time; NotFound for an unknown area or worker.
    """
    _check_duty(command)
    worker = _worker(tx, command.worker)
    area = area_by_code(tx, command.area)
    given = {
        "worker": worker["id"],
        "area": area["id"],
        "path": area["path"],
        "kind": command.kind,
        "rank": command.rank,
        "since": command.since,
        "until": command.until,
        "example": command.is_example,
    }
    try:
        with tx.connection.transaction():
            tx.execute(_NEW_DUTY, given)
    except psycopg.errors.ExclusionViolation as error:
        raise _overlap(command, area, error.diag.constraint_name or "") from error


def _worker(tx: Transaction, code: str) -> Row:
    row = tx.one("SELECT id FROM grid_worker WHERE lower(code) = lower(%(c)s)", {"c": code})
    if row is None:
        raise NotFound(WORKER)
    return row


def _check_duty(command: AssignDuty) -> None:
    errors = []
    if command.kind not in DUTY_KINDS:
        errors.append(_one_of("kind", DUTY_KINDS))
    elif (command.kind == "deputy") != (command.rank > 0) or command.rank < 0:
        errors.append(
            FieldError(
                "rank",
                "rank",
                "代理人次序从 1 起，责任人和网格长为 0",
                "Deputies count from 1; responsible workers and leaders have 0",
            )
        )
    if command.until is not None and command.until <= command.since:
        errors.append(
            FieldError("until", "empty_term", "结束日应在开始日之后", "It ends before it begins")
        )
    if errors:
        raise InvalidInput(errors)


def _overlap(command: AssignDuty, area: Row, constraint: str) -> InvalidInput:
    field, code, zh, en = _OVERLAPS.get(constraint, _OVERLAPS["duty_one_per_rank"])
    place = {
        "responsible": Words("责任人", "responsible worker"),
        "grid_leader": Words("网格长", "grid leader"),
    }.get(command.kind, Words(f"第 {command.rank} 代理人", f"deputy {command.rank}"))
    return InvalidInput.of(
        field,
        code,
        zh.format(worker=command.worker, area=area["name"], place=place.zh),
        en.format(worker=command.worker, area=area["name"], place=place.en),
    )


def end_duty(tx: Transaction, actor: Actor, duty_id: int, on: date) -> None:
    """End a duty before the day `on`; one that had not begun by then vanishes.

    Raises NotFound for a duty that is unknown, outside the scope or over already.
    """
    given = {"id": duty_id, "on": on}
    gone = tx.execute("DELETE FROM duty WHERE id = %(id)s AND lower(valid) >= %(on)s", given)
    if gone or tx.execute(
        "UPDATE duty SET valid = daterange(lower(valid), %(on)s)"
        " WHERE id = %(id)s AND (upper_inf(valid) OR upper(valid) > %(on)s)",
        given,
    ):
        return
    raise NotFound(DUTY)


_POSITION = """
INSERT INTO worker_position AS p (worker_id, location, accuracy_m, taken_at, moment)
SELECT id, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490), %(accuracy)s,
       coalesce(%(at)s, now()), %(moment)s
  FROM grid_worker WHERE account_id = %(account)s AND valid @> CURRENT_DATE
ON CONFLICT (worker_id) DO UPDATE
   SET location = excluded.location, accuracy_m = excluded.accuracy_m,
       taken_at = excluded.taken_at, moment = excluded.moment
 WHERE p.taken_at < excluded.taken_at
"""


def note_position(
    tx: Transaction,
    actor: Actor,
    lon: float,
    lat: float,
    accuracy_m: float | None,
    moment: str,
    at: datetime | None = None,
) -> bool:
    """Whether the acting worker's last position was written; False for accounts that are no workers.

    `lon`, `lat` in degrees (CGCS2000), `at` None for this moment. Positions are taken only when a
    worker reports, operates or visits (国办函〔2026〕12号: no check-in, no tracks); an older one than the
    stored is dropped. Raises InvalidInput for another moment.
    """
    if moment not in MOMENTS:
        raise InvalidInput([_one_of("moment", MOMENTS)])
    given = {"account": actor.account_id, "lon": lon, "lat": lat, "accuracy": accuracy_m}
    return bool(tx.execute(_POSITION, {**given, "at": at, "moment": moment}))


def _one_of(field: str, values: tuple[str, ...]) -> FieldError:
    return FieldError(
        field, "choice", f"只能是：{'、'.join(values)}", f"One of: {', '.join(values)}"
    )
