"""The API that phones, pages and other programs call, under /api/v1 and /tiles.

`mounting.py` lists the blueprints, one per noun; `schemas.py` says what comes in. Errors are problem
JSON (see dashboards/problems.py).
"""
