"""Loads procedures from `data/*_procedure.json`; a version that a case uses is never changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from gridcenter.database import Transaction
from gridcenter.moves import from_records

DATA = Path(__file__).parent / "data"


def load_procedures(tx: Transaction) -> None:
    """Insert each procedure version of the files, or rewrite it while no case runs by it.

    Raises ValueError when a file names an unknown guard or an operation could mean two moves.
    """
    for path in sorted(DATA.glob("*_procedure.json")):
        declared = json.loads(path.read_text(encoding="utf-8"))
        from_records(declared["moves"])
        _load(tx, declared)


def _load(tx: Transaction, declared: dict[str, Any]) -> None:
    key = {"code": declared["code"], "version": declared["version"]}
    known = tx.one(
        "SELECT p.id, EXISTS (SELECT FROM case_file c WHERE c.procedure_id = p.id) AS used"
        " FROM procedure p WHERE p.code = %(code)s AND p.version = %(version)s",
        key,
    )
    if known is not None and known["used"]:
        return
    if known is not None:
        tx.execute("DELETE FROM procedure_move WHERE procedure_id = %(id)s", {"id": known["id"]})
        tx.execute("DELETE FROM procedure_state WHERE procedure_id = %(id)s", {"id": known["id"]})
        tx.execute("DELETE FROM procedure WHERE id = %(id)s", {"id": known["id"]})
    tx.execute("UPDATE procedure SET current = false WHERE code = %(code)s", key)
    procedure_id = tx.scalar(
        "INSERT INTO procedure (code, version, kind, name, name_en, stages)"
        " VALUES (%(code)s, %(version)s, %(kind)s, %(name)s, %(name_en)s, %(stages)s) RETURNING id",
        {**declared, "stages": Jsonb(declared["stages"])},
    )
    _states(tx, procedure_id, declared["states"])
    _moves(tx, procedure_id, declared["moves"])


def _states(tx: Transaction, procedure_id: int, states: list[dict[str, Any]]) -> None:
    tx.many(
        "INSERT INTO procedure_state (procedure_id, state, name, name_en, character, step, final,"
        " public_state) VALUES (%(id)s, %(state)s, %(name)s, %(name_en)s, %(character)s, %(step)s,"
        " %(final)s, %(public_state)s)",
        [{"id": procedure_id, "final": False, **state} for state in states],
    )


def _moves(tx: Transaction, procedure_id: int, moves: list[dict[str, Any]]) -> None:
    rows = [
        {
            "id": procedure_id,
            "operation": move["operation"],
            "name": move["name"],
            "name_en": move["name_en"],
            "from_state": start,
            "to_state": move["to"],
            "posts": move["posts"],
            "holder_only": move.get("holder_only", False),
            "when": Jsonb(move.get("when", {})),
            "requires": Jsonb(move.get("requires", {})),
            "guards": move.get("guards", []),
            "clock": Jsonb(move.get("clock", {})),
            "effects": move.get("effects", []),
            "sort": index,
        }
        for index, move in enumerate(moves)
        for start in move["from"]
    ]
    tx.many(
        "INSERT INTO procedure_move (procedure_id, operation, name, name_en, from_state, to_state,"
        ' posts, holder_only, "when", requires, guards, clock, effects, sort) VALUES (%(id)s,'
        " %(operation)s, %(name)s, %(name_en)s, %(from_state)s, %(to_state)s, %(posts)s,"
        " %(holder_only)s, %(when)s, %(requires)s, %(guards)s, %(clock)s, %(effects)s, %(sort)s)",
        rows,
    )
