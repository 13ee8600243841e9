"""The area tree: identity, dated versions, codes, and where a point lies.

May import floor 0, journal and deadlines. Start with `models.py`, then `queries.py`.
"""
