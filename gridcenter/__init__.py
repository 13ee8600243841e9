"""The domain of grid governance: areas, incidents, people and duties; no Flask, no file formats.

It may import the standard library, numpy, shapely, pyproj, SQLAlchemy and psycopg, never `layers`,
`importers` or `dashboards`. Start reading at `incidents/operations.py` (a report comes in), then
`casework/` (what happens to it), then the single files of the ground floor: `errors`, `geo`,
`codes`, `text`, `moves`, `clock`.
"""
