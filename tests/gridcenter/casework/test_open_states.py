"""Which cases are still to be answered: the procedures, SQL, the index and Python say the same."""

from __future__ import annotations

from gridcenter.database import Transaction
from gridcenter.incidents.summary import CLOSED_STATES

ENDED = """
SELECT array_agg(DISTINCT state ORDER BY state) FROM procedure_state
 WHERE public_state NOT IN ('received', 'in_progress')
"""


def test_closed_states_are_those_that_the_public_hears_are_over(owner_tx: Transaction) -> None:
    assert owner_tx.scalar(ENDED) == sorted(CLOSED_STATES)
    open_ones = owner_tx.scalar(
        "SELECT array_agg(DISTINCT state) FROM procedure_state WHERE public_state IN"
        " ('received', 'in_progress')"
    )
    assert set(owner_tx.scalar("SELECT open_states()")) == set(open_ones)
    for state in (*CLOSED_STATES, *open_ones):
        row = owner_tx.one("SELECT is_open(%(state)s) AS said", {"state": state})
        assert row == {"said": state in open_ones}, state


def test_in_hand_is_where_the_next_word_is_the_holders(owner_tx: Transaction) -> None:
    rows = owner_tx.all(
        "SELECT state, in_hand(state) AS said, EXISTS (SELECT FROM procedure_move m"
        " WHERE m.from_state = s.state AND m.holder_only) AS true FROM procedure_state s"
    )
    assert (
        {r["state"] for r in rows if r["said"]} == {r["state"] for r in rows if r["true"]} != set()
    )


def test_every_state_is_known_to_the_public(owner_tx: Transaction) -> None:
    states = {r["public_state"] for r in owner_tx.all("SELECT public_state FROM procedure_state")}
    assert states == {"received", "in_progress", "closed", "rejected"}


def test_the_index_of_open_cases_holds_the_same_list(owner_tx: Transaction) -> None:
    """A partial index serves only where the planner can prove its condition from the query's."""
    owner_tx.execute("SET LOCAL enable_seqscan = off")
    plan = owner_tx.all(
        "EXPLAIN (FORMAT JSON) SELECT id FROM case_file WHERE location &&"
        " ST_MakeEnvelope(120.6, 31.3, 120.61, 31.31, 4490) AND is_open(state)"
    )
    assert '"case_file_open_location_idx"' in str(plan).replace("'", '"')
    predicate = owner_tx.scalar(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
        " WHERE indexrelid = 'case_file_open_location_idx'::regclass"
    )
    assert [state for state in CLOSED_STATES if f"'{state}'" not in predicate] == []
    assert predicate.count("'") == 2 * len(CLOSED_STATES)
