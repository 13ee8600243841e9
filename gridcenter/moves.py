"""Which moves a case may make: pure decisions over moves that are data.

A procedure is a list of `Move`s. `allowed` tells a screen what this person may do now and, for what
is still ahead, why not yet; `choose` finds the move that an operation means and checks what was
given; `permit` holds it against the person. The server decides with the same functions that filled
the screen, so the two cannot differ. Guards are named functions in this file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gridcenter.errors import FieldError, InvalidInput, MoveNotAllowed, NotYours, Words


@dataclass(frozen=True)
class Move:
    """One allowed step: an operation that takes a case from one state to another.

    `posts`: who may do it, nobody when empty. `holder_only`: of those, only who holds the case.
    `when`: values that must have been given for this move, where one operation has several.
    `requires`: JSON Schema of what must be given. `guards`: names in `GUARDS`. `clock`: timers to
    stop and start. `effects`: names in `EFFECTS`, what else the engine does; clock and effects are
    carried, not interpreted here, but for ``goes_back``: the move undoes progress.
    """

    operation: str
    from_state: str
    to_state: str
    posts: frozenset[str]
    holder_only: bool = False
    when: Mapping[str, Any] = field(default_factory=dict)
    requires: Mapping[str, Any] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
    clock: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    name_en: str = ""
    effects: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        """What the move is called; the operation where the data has no name."""
        return Words(self.name or self.operation, self.name_en or self.operation)


@dataclass(frozen=True)
class Facts:
    """What guards may look at: numbers and ids of the case and of who acts."""

    returns_count: int
    handler_account_id: UUID | int | None
    actor_account_id: UUID | int | None
    actor_posts: frozenset[str]


@dataclass(frozen=True)
class AllowedOperation:
    """An operation of this person; `reasons` is empty when it can be done now.

    `moves`: the moves it can mean now, or those it will mean later. `words`: its name.
    """

    operation: str
    moves: tuple[Move, ...]
    reasons: tuple[Words, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether it can be done now."""
        return not self.reasons

    @property
    def words(self) -> Words:
        """The names of its moves: 结案, or 核查通过 / 核查不通过 where there are two ends."""
        return _names(self.moves)

    def detail(self, locale: str = "zh") -> str:
        """The name, or for what is not possible now the sentence that says why."""
        if self.is_allowed:
            return self.words.in_locale(locale)
        return MoveNotAllowed(self.words, self.reasons).detail(locale)


# --- guards ------------------------------------------------------------------------------------

Guard = Callable[[Facts], Words | None]
LONGEST_NAME = 60
DUTY_OFFICER = "duty_officer"
RETURNS_A_DISPATCHER_MAY_ANSWER = 2


def checker_is_not_handler(facts: Facts) -> Words | None:
    """Why not: who handled a case may not check it. None when all is well."""
    if facts.handler_account_id is None or facts.handler_account_id != facts.actor_account_id:
        return None
    return Words("处理人不能核查自己办的案件", "who handled the case cannot check it")


def third_return_needs_duty_officer(facts: Facts) -> Words | None:
    """Why not: after two returns only a duty officer may dispatch. None when all is well."""
    if facts.returns_count < RETURNS_A_DISPATCHER_MAY_ANSWER or DUTY_OFFICER in facts.actor_posts:
        return None
    return Words(
        f"已退回 {facts.returns_count} 次，由值班长派遣",
        f"returned {facts.returns_count} times, the duty officer dispatches",
    )


GUARDS: dict[str, Guard] = {
    guard.__name__: guard for guard in (checker_is_not_handler, third_return_needs_duty_officer)
}
# What the engine knows to do beside state and clocks (casework/operations.py), and the mark of a move
# that undoes progress.
EFFECTS = frozenset({"release_holder", "note_handler", "count_return", "count_rework", "goes_back"})

# --- what may be done --------------------------------------------------------------------------

_NOT_YOUR_POST = Words("您的岗位不办这一步", "your post does not do this")
_NOT_THE_HOLDER = Words("由当前承办人办理", "only who holds the case can do this")
_NO_WAY = Words("当前状态办不了", "the case is in another state")


def allowed(
    moves: Iterable[Move],
    state: str,
    posts: Collection[str],
    is_holder: bool,
    facts: Facts,
) -> list[AllowedOperation]:
    """The operations that the holder of `posts` can do in `state` or may meet later, in data order.

    Operations of other posts, and those that come again only after a way back, are left out. An empty
    list means that this person has nothing to do with the case any more.
    """
    moves = tuple(moves)
    ahead = _distances([move for move in moves if "goes_back" not in move.effects], state)
    mine: dict[str, list[Move]] = {}
    for move in moves:
        if not move.posts.isdisjoint(posts) and move.from_state in ahead:
            mine.setdefault(move.operation, []).append(move)
    return [_judged(moves, state, op, ms, posts, is_holder, facts) for op, ms in mine.items()]


def _judged(
    moves: tuple[Move, ...],
    state: str,
    operation: str,
    mine: list[Move],
    posts: Collection[str],
    is_holder: bool,
    facts: Facts,
) -> AllowedOperation:
    here = [move for move in mine if move.from_state == state]
    if not here:
        return AllowedOperation(operation, tuple(mine), (_what_comes_first(moves, state, mine),))
    why_not = [(move, reasons_against(move, posts, is_holder, facts)) for move in here]
    free = tuple(move for move, reasons in why_not if not reasons)
    if free:
        return AllowedOperation(operation, free)
    reasons = dict.fromkeys(reason for _, found in why_not for reason in found)
    return AllowedOperation(operation, tuple(here), tuple(reasons))


def reasons_against(
    move: Move, posts: Collection[str], is_holder: bool, facts: Facts
) -> list[Words]:
    """Why this person may not make this move; an empty list when they may."""
    if move.posts.isdisjoint(posts):
        return [_NOT_YOUR_POST]
    reasons = [_NOT_THE_HOLDER] if move.holder_only and not is_holder else []
    for name in move.guards:
        reason = GUARDS[name](facts)
        if reason is not None:
            reasons.append(reason)
    return reasons


def permit(move: Move, posts: Collection[str], is_holder: bool, facts: Facts) -> None:
    """Nothing when this person may make this move. Raises NotYours with the reasons."""
    reasons = reasons_against(move, posts, is_holder, facts)
    if reasons:
        raise NotYours(move.words, reasons)


def choose(moves: Iterable[Move], state: str, operation: str, given: Mapping[str, Any]) -> Move:
    """The move that `operation` means in `state` with what was given; of several the most specific.

    What was given may name a move that starts elsewhere ("not done yet" where only "done" is left): it
    never means another one. Raises InvalidInput naming each wrong or missing field, or `operation` when
    the procedure does not know it; MoveNotAllowed when what is meant does not start from this state.
    """
    moves = tuple(moves)
    known = [move for move in moves if move.operation == operation]
    if not known:
        raise InvalidInput.of(
            "operation", "unknown_operation", "没有这个操作", "There is no such operation"
        )
    here = [move for move in known if move.from_state == state]
    if not here:
        raise MoveNotAllowed(_names(known), [_what_comes_first(moves, state, known)])
    meant = [move for move in here if _matches(move.when, given)]
    if not meant:
        raise InvalidInput(errors_in(here[0].requires, given) or _choices(here))
    move = max(meant, key=lambda each: len(each.when))
    elsewhere = [m for m in known if len(m.when) > len(move.when) and _matches(m.when, given)]
    if elsewhere:
        onward = tuple(each for each in moves if "goes_back" not in each.effects)
        raise MoveNotAllowed(_names(elsewhere), [_what_comes_first(onward, state, elsewhere)])
    errors = errors_in(move.requires, given) + _unknown_fields(move, here, given)
    if errors:
        raise InvalidInput(errors)
    return move


def _names(moves: Iterable[Move]) -> Words:
    names = dict.fromkeys(move.words for move in moves)
    return Words(" / ".join(name.zh for name in names), " / ".join(name.en for name in names))


def _unknown_fields(move: Move, here: Iterable[Move], given: Mapping[str, Any]) -> list[FieldError]:
    """One error for each thing given that neither the move asks for nor the choice between the
    moves of its operation: events are for good."""
    known = {name for each in here for name in each.when} | {*move.requires.get("properties", ())}
    return [
        FieldError(
            name[:LONGEST_NAME],
            "unknown_field",
            "没有这个字段，检查拼写",
            "There is no such field; check its spelling",
        )
        for name in given
        if name not in known
    ]


def _matches(when: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    # The type counts too: 1 == True in Python, but 1 is no answer to "passed?".
    return all(
        type(given.get(name)) is type(value) and given[name] == value
        for name, value in when.items()
    )


def _choices(here: list[Move]) -> list[FieldError]:
    fields: dict[str, list[str]] = {}
    for move in here:
        for name, value in move.when.items():
            fields.setdefault(name, []).append(str(value))
    return [
        FieldError(name, "choice", f"只能是：{'、'.join(values)}", f"One of: {', '.join(values)}")
        for name, values in fields.items()
    ]


def _distances(moves: Collection[Move], state: str) -> dict[str, int]:
    """Every state that can still be reached, with the least number of moves."""
    found, edge = {state: 0}, [state]
    for here in edge:
        for move in moves:
            if move.from_state == here and move.to_state not in found:
                found[move.to_state] = found[here] + 1
                edge.append(move.to_state)
    return found


def _what_comes_first(moves: tuple[Move, ...], state: str, wanted: list[Move]) -> Words:
    """What must be done before one of the wanted moves can start, by the shortest way."""
    ahead = _distances(moves, state)
    starts = [move.from_state for move in wanted if move.from_state in ahead]
    if not starts:
        return _NO_WAY
    nearest = min(starts, key=lambda start: ahead[start])
    steps = dict.fromkeys(
        move.words
        for move in moves
        if move.to_state == nearest and ahead.get(move.from_state) == ahead[nearest] - 1
    )
    return Words(
        "先要" + "或".join(step.zh for step in steps),
        "first: " + " or ".join(step.en for step in steps),
    )


# --- what must be given ------------------------------------------------------------------------


def errors_in(schema: Mapping[str, Any], given: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with what was given, field by field; an empty list when nothing is."""
    if not schema:
        return []
    import jsonschema  # a tenth of a second; only who moves a case pays for it

    validator = jsonschema.Draft202012Validator({"type": "object", **schema})
    found: dict[str, FieldError] = {}
    for error in validator.iter_errors(dict(given)):
        for each in _field_errors(error):
            found.setdefault(each.field, each)
    return list(found.values())


_SENTENCES = {
    "minLength": Words("至少 {value} 个字", "At least {value} characters"),
    "maxLength": Words("最多 {value} 个字", "At most {value} characters"),
    "minimum": Words("不能小于 {value}", "At least {value}"),
    "maximum": Words("不能大于 {value}", "At most {value}"),
    "minItems": Words("至少选 {value} 项", "At least {value}"),
    "maxItems": Words("最多选 {value} 项", "At most {value}"),
    "enum": Words("只能是：{value}", "One of: {value}"),
    "type": Words("类型不对，应为 {value}", "Wrong type, should be {value}"),
}
_REQUIRED = Words("必填", "Required")
_MALFORMED = Words("格式不对", "Wrong format")


def _field_errors(error: Any) -> list[FieldError]:
    """Our field errors of one finding of jsonschema."""
    path = ".".join(map(str, error.absolute_path))
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        prefix = f"{path}." if path else ""
        return [FieldError(prefix + name, "required", *_REQUIRED) for name in missing]
    words = _SENTENCES.get(error.validator, _MALFORMED)
    value = error.validator_value
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    return [
        FieldError(
            path, error.validator, words.zh.format(value=shown), words.en.format(value=shown)
        )
    ]


# --- from data ---------------------------------------------------------------------------------


def from_records(records: Iterable[Mapping[str, Any]]) -> tuple[Move, ...]:
    """Moves from a procedure file (``from``: list of states, ``to``) or from table rows
    (``from_state``, ``to_state``), in the given order.

    Raises ValueError listing every fault: unknown guards and effects, texts without a bound, and
    operations that could mean two moves.
    """
    moves = tuple(
        Move(
            operation=record["operation"],
            from_state=start,
            to_state=record["to_state"] if "to_state" in record else record["to"],
            posts=frozenset(record["posts"]),
            holder_only=bool(record.get("holder_only", False)),
            when=record.get("when") or {},
            requires=record.get("requires") or {},
            guards=tuple(record.get("guards") or ()),
            clock=record.get("clock") or {},
            name=record.get("name") or "",
            name_en=record.get("name_en") or "",
            effects=tuple(record.get("effects") or ()),
        )
        for record in records
        for start in ([record["from_state"]] if "from_state" in record else record["from"])
    )
    faults = _faults(moves)
    if faults:
        raise ValueError("; ".join(faults))
    return moves


def _faults(moves: tuple[Move, ...]) -> list[str]:
    faults = [
        f"{move.operation}: no guard is called {name}"
        for move in moves
        for name in move.guards
        if name not in GUARDS
    ]
    faults += [
        f"{move.operation}: no effect is called {name}"
        for move in moves
        for name in move.effects
        if name not in EFFECTS
    ]
    faults += [
        f"{move.operation}: the text {name} has no maxLength"
        for move in moves
        for name, schema in move.requires.get("properties", {}).items()
        if schema.get("type") == "string" and "maxLength" not in schema and "enum" not in schema
    ]
    seen: set[tuple[str, str, str]] = set()
    for move in moves:
        key = (move.operation, move.from_state, repr(sorted(move.when.items())))
        if key in seen:
            faults.append(f"{move.operation} from {move.from_state} could mean two moves")
        seen.add(key)
    return faults
