"""Files come in, findings come out.

Reading order: `reading` (a file becomes a frame in EPSG:4490), `mapping` (columns become fields),
`validation` (what is wrong with which row), `operations` (stage, compare, write or discard).
`findings` holds every code and its sentence. May import `layers` and `gridcenter`; never
`dashboards`.
"""
