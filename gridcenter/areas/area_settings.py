"""Settings of areas: tolerances and sizes for an area and all below it."""

from __future__ import annotations

import json
from typing import Any

from psycopg.types.json import Jsonb

from gridcenter.actor import Actor, ActorKind
from gridcenter.areas.fault_kinds import Sizes, Tolerances
from gridcenter.codes import Level
from gridcenter.database import Transaction
from gridcenter.errors import AREA, InvalidInput, NotFound

NESTED, CUT_OUT = "nested", "cut_out"
_SET = """
INSERT INTO area_setting (path, key, value)
SELECT v.path, %(key)s, %(value)s FROM area_version v JOIN area a ON a.id = v.area_id
 WHERE a.code = %(code)s AND upper_inf(v.valid)
ON CONFLICT (path, key) DO UPDATE SET value = excluded.value
"""


def set_area_setting(tx: Transaction, actor: Actor, code: str, key: str, value: str) -> None:
    """Store a setting (JSON text) for an area and all below; the nearest ancestor wins.

    ``topology``: metres by name as in `Tolerances`, ``dedicated``: ``cut_out`` or ``nested``.
    ``sizes``: by level, as in `Sizes`. Raises InvalidInput, NotFound.
    """
    if actor.kind is not ActorKind.SYSTEM and "system_admin" not in actor.posts:
        raise NotFound(AREA)
    try:
        given = json.loads(value)
    except ValueError:
        raise _wrong(key) from None
    allowed = {"topology": _is_topology, "sizes": _is_sizes}
    if key not in allowed or not isinstance(given, dict) or not allowed[key](given):
        raise _wrong(key)
    if not tx.execute(_SET, {"code": code, "key": key, "value": Jsonb(given)}):
        raise NotFound(AREA)


def _is_topology(given: dict[str, Any]) -> bool:
    return all(
        value in (NESTED, CUT_OUT)
        if name == "dedicated"
        else name in Tolerances.__dataclass_fields__ and _is_number(value) and value < 100
        for name, value in given.items()
    )


def _is_sizes(given: dict[str, Any]) -> bool:
    return all(
        level in set(Level)
        and isinstance(sizes, dict)
        and all(
            n in Sizes.__dataclass_fields__ and (v is None or _is_number(v))
            for n, v in sizes.items()
        )
        for level, sizes in given.items()
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _wrong(key: str) -> InvalidInput:
    return InvalidInput.of(
        "value",
        "setting_not_understood",
        f"看不懂设置 {key} 的内容，应为 JSON 对象，名称和单位见命令说明",
        f"The value of {key} is not understood: a JSON object with the known names is needed",
    )
