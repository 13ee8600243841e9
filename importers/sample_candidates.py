"""Who plays in the sample: the command centre, departments, workers of each grid, and the proposal
that a dispatcher would have seen, by the same arithmetic as gridcenter.dispatch.rules."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, radians
from random import Random
from typing import Any
from uuid import UUID

from gridcenter.database import Transaction
from gridcenter.dispatch.rules import distance_term, duty_term, load_term
from importers.sample_case import Receiver, Setting
from importers.sample_people import Person

METRES_PER_DEGREE = 111_320.0
FALLBACK_DEPARTMENT = "zzzx"


@dataclass(frozen=True)
class Worker:
    """A worker of a grid as candidate: where the grid's middle lies, and as what they answer."""

    person: Person
    name: str
    capacity: int
    kind: str
    rank: int
    lon: float
    lat: float


_WORKERS = """
SELECT n.path::text AS path, w.account_id, w.display_name AS name, w.capacity, d.kind, d.rank,
       ST_X(m.middle) AS lon, ST_Y(m.middle) AS lat
  FROM duty d JOIN grid_worker w ON w.id = d.worker_id JOIN area_now n ON n.id = d.area_id
 CROSS JOIN LATERAL (SELECT ST_PointOnSurface(h.geom) AS middle FROM area_now h
                      WHERE h.path = w.area_path) m
 WHERE n.level = 'grid' AND n.is_example AND d.kind <> 'grid_leader'
 ORDER BY n.path, d.rank
"""


class Cast:
    """Everybody who acts in the sample's incidents."""

    def __init__(self, tx: Transaction, people: list[Person]) -> None:
        self.by_account: dict[UUID, Person] = {p.account_id: p for p in people}
        by_post = {p.post: p for p in people}
        self.intake, self.dispatcher = by_post["intake"], by_post["dispatcher"]
        self.duty, self.official = by_post["duty_officer"], by_post["official"]
        self.handlers = {p.department_id: p for p in people if p.post == "handler"}
        self._departments = {
            row["id"]: (row["code"], row["name"])
            for row in tx.all("SELECT id, code, name FROM department ORDER BY id")
        }
        self._fallback = next(
            i for i, (code, _) in self._departments.items() if code == FALLBACK_DEPARTMENT
        )
        self._grids: dict[str, list[Worker]] = {}
        for row in tx.all(_WORKERS):
            person = self.by_account[row["account_id"]]
            worker = Worker(
                person,
                row["name"],
                row["capacity"],
                row["kind"],
                row["rank"],
                row["lon"],
                row["lat"],
            )
            self._grids.setdefault(row["path"], []).append(worker)

    def workers(self, path: str | None) -> list[Worker]:
        """Who answers for the grid of a path, the responsible first; empty outside."""
        return self._grids.get(".".join(path.split(".")[:3]), []) if path else []

    def responsible(self, path: str | None) -> Worker | None:
        """The first of them, or None outside."""
        found = self.workers(path)
        return found[0] if found else None

    def own_worker(self, path: str | None) -> Person | None:
        """The worker whose own grid it is, or None."""
        first = self.responsible(path)
        return first.person if first is not None and first.kind == "responsible" else None

    def worker_receiver(self, worker: Worker) -> Receiver:
        """A dispatch to a worker."""
        person = worker.person
        return Receiver(person.username, worker.name, person.account_id, person.worker_id, None)

    def department(self, department_id: int | None) -> Receiver:
        """A dispatch to a department; the governance centre where the matter names none."""
        wanted = department_id if department_id is not None else self._fallback
        code, name = self._departments[wanted]
        return Receiver(code, name, None, None, wanted)

    def another_department(self, department_id: int | None, rng: Random) -> Receiver:
        """A dispatch to a department that will send it back."""
        others = [i for i in self._departments if i != department_id]
        return self.department(rng.choice(others))


def candidates(
    cast: Cast, setting: Setting, rng: Random
) -> tuple[str | None, list[dict[str, Any]]]:
    """The proposal and the ranked workers of the grid as dispatch.queries.candidates shows them."""
    found = [_candidate(worker, setting, rng) for worker in cast.workers(setting.path)]
    found.sort(key=lambda each: (-each["sum"], each["distance_m"], each["to"]))
    for index, each in enumerate(found):
        each["letter"] = chr(ord("A") + index)
    return (found[0]["to"] if found else None), found


def _candidate(worker: Worker, setting: Setting, rng: Random) -> dict[str, Any]:
    east = (worker.lon - setting.lon) * METRES_PER_DEGREE * cos(radians(setting.lat))
    row: dict[str, Any] = {
        "duty_level": "grid",
        "duty_kind": worker.kind,
        "duty_rank": worker.rank,
        "same_grid": True,
        "distance_m": hypot(east, (worker.lat - setting.lat) * METRES_PER_DEGREE),
        "load": rng.choice((0, 0, 1, 1, 2, 3, 4)),
        "capacity": worker.capacity,
    }
    terms = [duty_term(row), distance_term(row), load_term(row)]
    return {
        "to": worker.person.username,
        "name": worker.name,
        "duty": terms[0].fact.zh,
        "sum": sum(term.got for term in terms),
        "terms": [
            {
                "term": term.term,
                "name": term.name.zh,
                "got": term.got,
                "max": term.most,
                "fact": term.fact.zh,
            }
            for term in terms
        ],
        "lon": worker.lon,
        "lat": worker.lat,
        "positioned": False,
        "position_at": None,
        "distance_m": round(row["distance_m"]),
    }
