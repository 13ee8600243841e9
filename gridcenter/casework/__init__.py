"""The engine for everything that someone asks and someone must answer.

Knows cases, events, clocks, photos and procedures; knows nothing of incidents. May import catalogue
and below. Start with `operations.py`: `open_case` and `move` are all that changes a case.
"""
