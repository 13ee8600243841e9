"""Redrawing areas as a governed act: plans, their items, what they would do, and the hour itself.

May import every room below the statistics. Reading order: `models.py`, `shapes.py` (pure geometry),
`picture.py` (areas as they will be, pure), `operations.py` (the life of a plan), `preview.py`,
`effect.py` (the hour), `rehoming.py` (one handler per table), `queries.py`.
"""
