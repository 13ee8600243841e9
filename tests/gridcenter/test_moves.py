"""Moves as a table: who may do what, when, and what the screen says otherwise."""

import pytest

from gridcenter import moves
from gridcenter.errors import InvalidInput, MoveNotAllowed
from gridcenter.moves import AllowedOperation, Facts, Move

NOTE = {
    "required": ["note"],
    "properties": {"note": {"type": "string", "minLength": 2, "maxLength": 99}},
}
PASSED = {"required": ["passed"], "properties": {"passed": {"type": "boolean"}}}
RECORDS = [
    {"operation": "file", "name": "立案", "name_en": "File", "from": ["reported"], "to": "filed",
     "posts": ["intake"], "clock": {"stop": ["intake"]}},
    {"operation": "reject", "name": "不予受理", "name_en": "Reject", "from": ["reported"],
     "to": "rejected", "posts": ["intake"], "requires": NOTE},
    {"operation": "dispatch", "name": "派遣", "name_en": "Dispatch", "from": ["filed", "returned"],
     "to": "dispatched", "posts": ["dispatcher", "duty_officer"],
     "guards": ["third_return_needs_duty_officer"]},
    {"operation": "return", "name": "退回受理", "name_en": "Return to intake",
     "from": ["returned"], "to": "reported", "posts": ["dispatcher"], "requires": NOTE,
     "effects": ["goes_back"]},
    {"operation": "return", "name": "退回", "name_en": "Return", "from": ["dispatched", "handling"],
     "to": "returned", "posts": ["handler"], "holder_only": True, "requires": NOTE,
     "effects": ["goes_back"]},
    {"operation": "handle", "name": "到场", "name_en": "Start", "from": ["dispatched"],
     "to": "handling", "posts": ["handler"], "holder_only": True, "when": {"done": False}},
    {"operation": "handle", "name": "办结", "name_en": "Handle", "from": ["dispatched", "handling"],
     "to": "handled", "posts": ["handler"], "holder_only": True, "requires": NOTE},
    {"operation": "check", "name": "核查通过", "name_en": "Pass", "from": ["handled"],
     "to": "checking", "posts": ["intake", "handler"], "when": {"passed": True},
     "requires": PASSED, "guards": ["checker_is_not_handler"]},
    {"operation": "check", "name": "核查不通过", "name_en": "Fail", "from": ["handled"],
     "to": "handling", "posts": ["intake", "handler"], "when": {"passed": False},
     "requires": {"required": ["passed", "note"], "properties": NOTE["properties"]},
     "guards": ["checker_is_not_handler"]},
    {"operation": "close", "name": "结案", "name_en": "Close", "from": ["checking"],
     "to": "closed", "posts": ["intake"]},
]  # fmt: skip
MOVES = moves.from_records(RECORDS)


def facts(posts, returns=0, handler=None, actor=1):
    return Facts(returns, handler, actor, frozenset(posts))


def shown(state, *posts, is_holder=False, **known):
    found = moves.allowed(MOVES, state, posts, is_holder, facts(posts, **known))
    return {each.operation: each.detail("zh") for each in found}


def test_intake_sees_what_is_now_and_what_comes_later():
    assert shown("reported", "intake") == {
        "file": "立案",
        "reject": "不予受理",
        "check": "现在不能：核查通过 / 核查不通过（先要办结）",
        "close": "现在不能：结案（先要核查通过）",
    }


def test_what_cannot_come_any_more_is_left_out():
    assert shown("closed", "intake") == {}
    assert shown("rejected", "intake", "dispatcher", "handler") == {}
    assert list(shown("checking", "intake")) == ["close"]


def test_operations_of_other_posts_are_left_out():
    assert shown("filed", "official") == {}
    assert list(shown("filed", "dispatcher")) == ["dispatch"]


def test_only_the_holder_handles():
    assert shown("dispatched", "handler", is_holder=True)["handle"] == "到场 / 办结"
    assert shown("dispatched", "handler")["handle"] == "现在不能：到场 / 办结（由当前承办人办理）"
    handle = moves.allowed(MOVES, "dispatched", ["handler"], True, facts(["handler"]))[1]
    assert [move.to_state for move in handle.moves] == ["handling", "handled"]


def test_the_nearest_way_is_named():
    with pytest.raises(MoveNotAllowed) as caught:
        moves.choose(MOVES, "handling", "dispatch", {})
    assert caught.value.detail("zh") == "现在不能：派遣（先要退回）"
    assert "dispatch" not in shown("handling", "dispatcher")
    english = moves.allowed(MOVES, "dispatched", ["intake"], False, facts(["intake"]))
    assert english[-1].detail("en") == "Not possible now: Close (first: Pass)"


@pytest.mark.parametrize(("handler", "is_free"), [(None, True), (2, True), (1, False)])
def test_who_handled_does_not_check(handler, is_free):
    found = shown("handled", "intake", handler=handler, actor=1)
    check = "核查通过 / 核查不通过"
    reason = "处理人不能核查自己办的案件"
    assert found["check"] == (check if is_free else f"现在不能：{check}（{reason}）")


@pytest.mark.parametrize(
    ("posts", "returns", "is_free"),
    [(["dispatcher"], 0, True), (["dispatcher"], 1, True), (["dispatcher"], 2, False),
     (["duty_officer"], 2, True), (["dispatcher", "duty_officer"], 5, True)],
)  # fmt: skip
def test_after_two_returns_the_duty_officer_dispatches(posts, returns, is_free):
    found = shown("returned", *posts, returns=returns)
    expected = "派遣" if is_free else "现在不能：派遣（已退回 2 次，由值班长派遣）"
    assert found["dispatch"] == expected


def test_a_move_without_posts_is_for_nobody():
    nobody = [Move("sweep", "a", "b", frozenset())]
    assert moves.allowed(nobody, "a", ["intake"], True, facts(["intake"])) == []
    assert moves.allowed(nobody, "a", [], True, facts([])) == []


@pytest.mark.parametrize(
    ("state", "operation", "given", "to_state"),
    [
        ("reported", "file", {}, "filed"),
        ("handled", "check", {"passed": True}, "checking"),
        ("handled", "check", {"passed": False, "note": "没清干净"}, "handling"),
        ("dispatched", "handle", {"done": False}, "handling"),
        ("dispatched", "handle", {"note": "已清运"}, "handled"),
        ("dispatched", "handle", {"done": True, "note": "已清运"}, "handled"),
        ("returned", "return", {"note": "不属本街道"}, "reported"),
        ("handling", "return", {"note": "不属本部门"}, "returned"),
    ],
)
def test_choose(state, operation, given, to_state):
    assert moves.choose(MOVES, state, operation, given).to_state == to_state


@pytest.mark.parametrize(
    ("state", "operation", "given", "errors"),
    [
        ("reported", "reject", {}, [("note", "required")]),
        ("reported", "reject", {"note": "无"}, [("note", "minLength")]),
        ("reported", "reject", {"note": 5}, [("note", "type")]),
        ("handled", "check", {}, [("passed", "required")]),
        ("handled", "check", {"passed": "yes"}, [("passed", "type")]),
        ("handled", "check", {"passed": 1}, [("passed", "type")]),
        ("handled", "check", {"passed": False}, [("note", "required")]),
        ("reported", "explode", {}, [("operation", "unknown_operation")]),
    ],
)
def test_wrong_or_missing_fields_are_named(state, operation, given, errors):
    with pytest.raises(InvalidInput) as caught:
        moves.choose(MOVES, state, operation, given)
    assert [(each.field, each.code) for each in caught.value.errors] == errors


def test_an_operation_from_another_state_says_what_comes_first():
    with pytest.raises(MoveNotAllowed) as caught:
        moves.choose(MOVES, "handled", "close", {})
    assert caught.value.detail("zh") == "现在不能：结案（先要核查通过）"
    with pytest.raises(MoveNotAllowed) as caught:
        moves.choose(MOVES, "closed", "file", {})
    assert caught.value.detail("zh") == "现在不能：立案（当前状态办不了）"


def test_what_names_a_move_of_another_state_never_means_the_one_that_is_left():
    """Not done yet, said once more by who is on the spot, is not "done"."""
    with pytest.raises(MoveNotAllowed) as caught:
        moves.choose(MOVES, "handling", "handle", {"done": False, "note": "还在等配件"})
    assert caught.value.detail("zh") == "现在不能：到场（当前状态办不了）"
    done = moves.choose(MOVES, "handling", "handle", {"note": "已清运"})
    assert done.to_state == "handled"


def test_permit_refuses_with_all_reasons():
    check = moves.choose(MOVES, "handled", "check", {"passed": True})
    moves.permit(check, ["intake"], False, facts(["intake"], handler=2))
    with pytest.raises(MoveNotAllowed, match="cannot check"):
        moves.permit(check, ["intake"], False, facts(["intake"], handler=1))
    with pytest.raises(MoveNotAllowed, match="your post"):
        moves.permit(check, ["official"], True, facts(["official"]))


def test_rows_of_the_table_give_the_same_moves():
    rows = [
        {
            "operation": move.operation, "from_state": move.from_state, "to_state": move.to_state,
            "posts": sorted(move.posts), "holder_only": move.holder_only, "when": move.when,
            "requires": move.requires, "guards": list(move.guards), "clock": move.clock,
            "name": move.name, "name_en": move.name_en, "effects": list(move.effects),
        }
        for move in MOVES
    ]  # fmt: skip
    assert moves.from_records(rows) == MOVES


def test_faulty_data_is_refused_with_every_fault():
    record = {"operation": "close", "from": ["a"], "to": "b", "posts": ["x"], "guards": ["moon"]}
    with pytest.raises(ValueError, match=r"no guard is called moon.*could mean two"):
        moves.from_records([record, {**record, "to": "c"}])


def test_a_move_without_a_name_shows_its_operation():
    unnamed = AllowedOperation("close", (Move("close", "a", "b", frozenset({"x"})),))
    assert unnamed.detail("zh") == unnamed.detail("en") == "close"


def test_a_way_back_is_known_by_its_mark_whatever_it_is_called():
    records = [
        {"operation": "go", "from": ["a"], "to": "b", "posts": ["x"]},
        {"operation": "undo", "from": ["b"], "to": "a", "posts": ["x"], "effects": ["goes_back"]},
    ]
    marked, unmarked = moves.from_records(records), moves.from_records([
        {**record, "effects": []} for record in records
    ])  # fmt: skip

    def ahead(of):
        return [each.operation for each in moves.allowed(of, "b", ["x"], False, facts(["x"]))]

    assert ahead(marked) == ["undo"]  # "go" comes again only after the way back
    assert ahead(unmarked) == ["go", "undo"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"effects": ["moon"]}, "no effect is called moon"),
        ({"requires": {"properties": {"n": {"type": "string"}}}}, "the text n has no maxLength"),
    ],
)
def test_a_procedure_with_an_unknown_effect_or_an_unbounded_text_is_refused(change, fault):
    record = {"operation": "close", "from": ["a"], "to": "b", "posts": ["x"], **change}
    with pytest.raises(ValueError, match=fault):
        moves.from_records([record])


def test_what_nobody_asks_for_is_refused_by_name():
    with pytest.raises(InvalidInput) as caught:
        moves.choose(MOVES, "checking", "close", {"junk": 1, "x" * 500: 2})
    assert [(e.field, e.code) for e in caught.value.errors] == [
        ("junk", "unknown_field"),
        ("x" * 60, "unknown_field"),
    ]
