"""The edge: everything HTTP. Views parse, call an operation or query below, and render.

May import importers, layers and gridcenter; nothing imports it. Start with `app.py`, then follow a
report through `api/incidents.py`. Faces (api, staff, field, wall) are mounted one by one.
"""
