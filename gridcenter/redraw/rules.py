"""The life of a plan and what each operation must be given; pure.

States: draft → checked → approved → effective, or withdrawn from any of the first three. A change of a
checked plan makes it a draft again. Who may do what: docs/decisions/0019-redraw-is-governed.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gridcenter.actor import Actor, ActorKind
from gridcenter.codes import Level
from gridcenter.errors import FieldError, InvalidInput, MoveNotAllowed, NotYours, Words

PLAN = Words("调整方案", "redraw plan")
ITEM = Words("调整步骤", "step of the plan")
AUTHORS = frozenset({"official", "system_admin"})
APPROVERS = frozenset({"duty_officer", "system_admin"})
# What is drawn: grids and micro-grids get their codes here, those above have codes given by the ministry.
DRAWN = (Level.COMMUNITY, Level.GRID, Level.MICROGRID)
MOST_ITEMS = 500
Given = dict[str, Any]


@dataclass(frozen=True)
class Move:
    """One act on a plan: its words, the states it starts from, and the posts that may."""

    words: Words
    states: tuple[str, ...]
    posts: frozenset[str]


MOVES = {
    "edit": Move(Words("修改", "change"), ("draft", "checked"), AUTHORS),
    "check": Move(Words("校核", "check"), ("draft", "checked"), AUTHORS),
    "approve": Move(Words("批准", "approve"), ("checked",), APPROVERS),
    "withdraw": Move(
        Words("撤回", "withdraw"), ("draft", "checked", "approved"), AUTHORS | APPROVERS
    ),
    "reverse": Move(Words("还原", "reverse"), ("effective",), AUTHORS),
}
_STATES = {
    "draft": Words("草拟", "draft"),
    "checked": Words("已校核", "checked"),
    "approved": Words("已批准", "approved"),
    "effective": Words("已生效", "effective"),
    "withdrawn": Words("已撤回", "withdrawn"),
}


def holds(actor: Actor, posts: frozenset[str], path: str) -> bool:
    """Whether the actor holds one of `posts` for an area that holds `path`; the system may all.

    A system administrator's post has no area and holds everywhere.
    """
    if actor.kind is ActorKind.SYSTEM:
        return True
    return any(
        p.post in posts
        and (
            p.post == "system_admin"
            or (p.area_path is not None and f"{path}.".startswith(f"{p.area_path}."))
        )
        for p in actor.postings
    )


def refusals(move: str, actor: Actor, plan: Mapping[str, Any]) -> list[Words]:
    """Why `actor` may not do `move` with `plan` now; empty when it may.

    `plan` has state, area_path, author_account_id, failed (whether refusing faults were found).
    """
    wanted, found = MOVES[move], []
    if plan["state"] not in wanted.states:
        state = _STATES[plan["state"]]
        found.append(Words(f"方案{state.zh}", f"the plan is {state.en}"))
    if not holds(actor, wanted.posts, plan["area_path"]):
        found.append(Words("岗位或辖区不符", "not in your post or area"))
    if move == "approve":
        if actor.account_id is not None and actor.account_id == plan["author_account_id"]:
            found.append(Words("批准人不能是编制人", "its author cannot approve it"))
        if plan["refused"]:
            found.append(Words("校核有必须先改的问题", "the check found faults that refuse it"))
    return found


def permit(move: str, actor: Actor, plan: Mapping[str, Any]) -> None:
    """Nothing when the move is allowed; raises NotYours (person) or MoveNotAllowed (moment)."""
    found = refusals(move, actor, plan)
    if not found:
        return
    if plan["state"] in MOVES[move].states and not holds(
        actor, MOVES[move].posts, plan["area_path"]
    ):
        raise NotYours(MOVES[move].words, found)
    if move == "approve" and actor.account_id == plan["author_account_id"]:
        raise NotYours(MOVES[move].words, found)
    raise MoveNotAllowed(MOVES[move].words, found)


# --- what an operation is given ----------------------------------------------------------------

_POLYGON = ("Polygon", "MultiPolygon")
_LINE = ("LineString",)


def _wrong(field: str, zh: str, en: str, code: str = "bad_value") -> FieldError:
    return FieldError(f"given.{field}", code, zh, en)


class _Reader:
    """Takes fields out of what was given and gathers what is wrong with them."""

    def __init__(self, given: Mapping[str, Any], prefix: str = "") -> None:
        self.left = dict(given)
        self.prefix = prefix
        self.errors: list[FieldError] = []
        self.taken: Given = {}

    def _keep(self, field: str, value: Any, fits: Callable[[Any], bool], zh: str, en: str) -> None:
        if fits(value):
            self.taken[field] = value.strip() if isinstance(value, str) else value
        else:
            self.errors.append(_wrong(self.prefix + field, zh, en))

    def text(self, field: str, *, needed: bool = False, most: int = 80) -> None:
        """A text of 1 to `most` characters."""
        value = self.left.pop(field, None)
        if value is None and not needed:
            return
        self._keep(
            field,
            value,
            lambda v: isinstance(v, str) and 1 <= len(v.strip()) <= most and "\x00" not in v,
            f"应为 1 至 {most} 个字",
            f"1 to {most} characters",
        )

    def choice(self, field: str, values: tuple[str, ...], *, needed: bool = False) -> None:
        """One of some words."""
        value = self.left.pop(field, None)
        if value is None and not needed:
            return
        said = ", ".join(values)
        self._keep(field, value, lambda v: v in values, f"只能是：{said}", f"One of: {said}")

    def shape(self, field: str, types: tuple[str, ...]) -> None:
        """A GeoJSON geometry in degrees of one of some types."""
        self._keep(
            field,
            self.left.pop(field, None),
            lambda v: is_geojson(v, types),
            f"应为 GeoJSON {' 或 '.join(types)}，经纬度",
            f"GeoJSON {' or '.join(types)} in degrees",
        )

    def texts(self, field: str, least: int, most: int = 200) -> None:
        """A list of different texts."""
        self._keep(
            field,
            self.left.pop(field, None),
            lambda v: (
                isinstance(v, list)
                and least <= len(v) <= most
                and all(isinstance(t, str) and 1 <= len(t) <= 80 and "\x00" not in t for t in v)
                and (field == "names" or len(set(v)) == len(v))
            ),
            f"应为 {least} 至 {most} 项，不重复",
            f"{least} to {most} different entries",
        )

    def done(self) -> Given:
        """What was taken; raises InvalidInput for wrong and unknown fields."""
        for field in self.left:
            self.errors.append(
                _wrong(self.prefix + field, "没有这个字段", "There is no such field", "unknown")
            )
        if self.errors:
            raise InvalidInput(self.errors)
        return self.taken


def is_geojson(value: Any, types: tuple[str, ...]) -> bool:
    """Whether this is a GeoJSON geometry of one of `types` with finite numbers in degrees."""
    if not isinstance(value, dict) or value.get("type") not in types:
        return False
    return _numbers(value.get("coordinates"))


def _numbers(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list) and value and depth < 5:
        if all(isinstance(n, int | float) and not isinstance(n, bool) for n in value):
            return len(value) in (2, 3) and abs(value[0]) <= 180 and abs(value[1]) <= 90
        return all(isinstance(v, list) and _numbers(v, depth + 1) for v in value)
    return False


def _create(r: _Reader) -> None:
    r.text("parent", needed=True)
    r.choice("kind", ("general_grid", "dedicated_grid"))
    r.text("code")
    r.text("name")
    r.text("name_en")
    r.shape("geometry", _POLYGON)


def _split(r: _Reader) -> None:
    r.text("area", needed=True)
    r.shape("line", _LINE)
    if "names" in r.left:
        r.texts("names", 1, 20)
    r.choice("keep", ("none", "largest"))


def _merge(r: _Reader) -> None:
    r.texts("areas", 2)
    r.text("into")
    r.text("code")
    r.text("name")
    r.text("name_en")


def _move_border(r: _Reader) -> None:
    r.text("area", needed=True)
    r.shape("geometry", _POLYGON)


def _rename(r: _Reader) -> None:
    r.text("area", needed=True)
    r.text("name", needed=True)
    r.text("name_en")


def _reparent(r: _Reader) -> None:
    r.text("area", needed=True)
    r.text("parent", needed=True)


def _retire(r: _Reader) -> None:
    r.text("area", needed=True)
    r.text("into")


def _replace(r: _Reader) -> None:
    r.text("area", needed=True)
    r.text("source")
    rows = r.left.pop("areas", None)
    if not isinstance(rows, list) or not 1 <= len(rows) <= 5000:
        r.errors.append(_wrong("areas", "应为 1 至 5000 个区域", "1 to 5000 areas"))
        return
    kept = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            r.errors.append(_wrong(f"areas.{number}", "应为对象", "Should be an object"))
            continue
        one = _Reader(row, f"areas.{number}.")
        one.choice("level", tuple(level.value for level in DRAWN[1:]), needed=True)
        for field in ("code", "parent", "name", "name_en"):
            one.text(field)
        one.choice("kind", ("general_grid", "dedicated_grid"))
        one.shape("geometry", _POLYGON)
        kept.append(one.done())
    r.taken["areas"] = kept


def _restore(r: _Reader) -> None:
    r.text("plan", needed=True)


_READERS: dict[str, Callable[[_Reader], None]] = {
    "create": _create,
    "split": _split,
    "merge": _merge,
    "move_border": _move_border,
    "rename": _rename,
    "reparent": _reparent,
    "retire": _retire,
    "replace": _replace,
    "restore": _restore,
}
OPERATIONS = tuple(_READERS)


def read_given(operation: str, given: Mapping[str, Any]) -> Given:
    """What was given for an operation, checked for shape; raises InvalidInput field by field."""
    if operation not in _READERS:
        said = ", ".join(OPERATIONS)
        raise InvalidInput.of("operation", "choice", f"只能是：{said}", f"One of: {said}")
    reader = _Reader(given)
    _READERS[operation](reader)
    return reader.done()


def drawn_in(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every GeoJSON geometry in what was given."""
    shapes = [given[name] for name in ("geometry", "line") if name in given]
    rows = given.get("areas", [])
    return shapes + [row["geometry"] for row in rows if isinstance(row, dict)]
