"""Mappings that somebody saved: by name, or found again by the column names of a file like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor, ActorKind
from gridcenter.codes import Level
from gridcenter.database import Transaction
from gridcenter.errors import FILE, InvalidInput, NotFound, Words
from importers.command import ImportCommand
from importers.kinds import FIELDS, Kind

OPTIONS = ("level", "layer", "parent", "datum", "encoding", "source")
LONGEST_NAME = 60
MAPPING = Words("保存的对应", "saved mapping")

_LIST = """
SELECT m.id, m.name, m.kind, m.options, m.saved_at, m.fingerprint
  FROM import_mapping m ORDER BY m.name
"""
_NAMED = "SELECT name, kind, options FROM import_mapping WHERE name = %(name)s"
_LIKE = """
SELECT name, options FROM import_mapping
 WHERE kind = %(kind)s AND fingerprint = %(fingerprint)s ORDER BY saved_at DESC LIMIT 1
"""
_BATCH = "SELECT kind, level, given, columns, fingerprint FROM import_batch WHERE id = %(id)s"
_SAVE = """
INSERT INTO import_mapping (name, kind, fingerprint, options, account_id)
VALUES (%(name)s, %(kind)s, %(fingerprint)s, %(options)s, %(account)s)
ON CONFLICT (name) DO UPDATE
   SET kind = excluded.kind, fingerprint = excluded.fingerprint, options = excluded.options,
       account_id = excluded.account_id, saved_at = now()
"""


def saved_mappings(tx: Transaction) -> list[dict[str, Any]]:
    """All saved mappings by name: id, name, kind, options, saved_at, fingerprint."""
    return tx.all(_LIST)


def save_mapping(tx: Transaction, actor: Actor, batch_id: UUID, name: str) -> None:
    """Save how a batch was read under `name`, in place of what had this name.

    Raises InvalidInput for an empty or overlong name, NotFound for others than administrators.
    """
    _permit(actor)
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput.of(
            "name",
            "bad_name",
            f"名称为 1 至 {LONGEST_NAME} 个字",
            f"The name has 1 to {LONGEST_NAME} characters",
        )
    batch = tx.one(_BATCH, {"id": batch_id})
    if batch is None or not batch["fingerprint"]:
        raise NotFound(FILE)
    options = {k: v for k, v in batch["given"].items() if k in OPTIONS}
    places = batch["given"].get("columns", {})
    # A field that nobody wanted is named too: it must not be guessed next time.
    unset = {f.name: "" for f in FIELDS[Kind(batch["kind"])] if f.name not in batch["columns"]}
    options["columns"] = {**unset, **places, **batch["columns"]}
    tx.execute(
        _SAVE,
        {
            "name": name,
            "kind": batch["kind"],
            "fingerprint": batch["fingerprint"],
            "options": Jsonb(options),
            "account": actor.account_id,
        },
    )


def drop_mapping(tx: Transaction, actor: Actor, name: str) -> None:
    """Delete a saved mapping. Raises NotFound when there is none of this name."""
    _permit(actor)
    if not tx.execute("DELETE FROM import_mapping WHERE name = %(name)s", {"name": name}):
        raise NotFound(MAPPING)


def with_mapping(tx: Transaction, command: ImportCommand, name: str) -> ImportCommand:
    """`command` with the saved options wherever it says nothing itself.

    Raises InvalidInput when there is no such mapping, or it is one for another kind.
    """
    found = tx.one(_NAMED, {"name": name})
    if found is None or found["kind"] != command.kind.value:
        raise InvalidInput.of(
            "mapping",
            "unknown_mapping",
            f"没有名为“{name}”的对应（{command.kind.value}）",
            f"There is no mapping “{name}” for {command.kind.value}",
        )
    options = dict(found["options"])
    level = options.pop("level", None)
    columns = {**options.pop("columns", {}), **command.columns}
    said = {k: v for k, v in options.items() if k in OPTIONS and getattr(command, k) is None}
    if command.level is None and level:
        said["level"] = Level(level)
    return replace(command, columns=columns, mapping=name, **said)


def mapping_like(tx: Transaction, kind: Kind, fingerprint: str) -> tuple[str, Mapping[str, str]]:
    """Name and columns of the newest mapping saved for a file with these columns; else empty."""
    found = tx.one(_LIKE, {"kind": kind.value, "fingerprint": fingerprint})
    return ("", {}) if found is None else (found["name"], found["options"].get("columns", {}))


def _permit(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM and "system_admin" not in actor.posts:
        raise NotFound(FILE)
