"""The engine for everything that someone asks and someone must answer.

Knows cases, events, clocks, photos and procedures; knows nothing of incidents. May import catalogue
and below. Start with `operations.py`: a kind of case opens one with `OPEN_CASE` in its own statement,
`lock_case`, `choose_move` and `apply_move` change it, `sweep_overdue` marks what fell due.
"""
