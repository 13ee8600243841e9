"""The append-only feed that live screens, receivers and later the hub read.

May import floor 0 only. Start with `models.py`, then `queries.py` (the commit-safe cursor) and
`listen.py` (one LISTEN per process).
"""
