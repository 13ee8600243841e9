"""Points that leave the database come back with the micro-grid that PostGIS would say."""

from __future__ import annotations

from gridcenter.areas.assigning import assign_homes
from gridcenter.database import Transaction

_PLAIN = """
SELECT count(*) FROM spot s
  LEFT JOIN LATERAL (SELECT v.area_id FROM area_version v
                      WHERE upper_inf(v.valid) AND v.level = 'microgrid'
                        AND ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4490))
                      ORDER BY v.path LIMIT 1) e ON true
  LEFT JOIN point_home h ON h.point = s.number
 WHERE h.area_id IS DISTINCT FROM e.area_id
"""
_SPOTS = """
CREATE TEMPORARY TABLE spot ON COMMIT DROP AS
WITH box AS (SELECT ST_Extent(geom) AS b FROM area_version WHERE upper_inf(valid) AND level = 'microgrid'),
     corner AS (SELECT DISTINCT p.geom FROM area_version v, ST_DumpPoints(v.geom) p
                 WHERE upper_inf(v.valid) AND v.level = 'microgrid')
SELECT row_number() OVER () AS number, lon, lat FROM (
  SELECT ST_XMin(b) + (ST_XMax(b) - ST_XMin(b)) * (i % 41 - 2) / 37 AS lon,
         ST_YMin(b) + (ST_YMax(b) - ST_YMin(b)) * (i / 41 - 2) / 37 AS lat
    FROM box, generate_series(0, 41 * 41 - 1) i
  UNION ALL SELECT ST_X(geom), ST_Y(geom) FROM corner
  UNION ALL SELECT NULL, NULL) x
"""


def test_homes_are_those_that_a_join_finds(owner_tx: Transaction) -> None:
    owner_tx.execute(_SPOTS)

    found = assign_homes(owner_tx, "SELECT number, lon, lat FROM spot")

    assert found > 100
    assert found == owner_tx.scalar("SELECT count(*) FROM point_home")
    assert owner_tx.scalar(_PLAIN) == 0


def test_no_points_and_no_areas(owner_tx: Transaction) -> None:
    nothing = "SELECT 1::bigint, 0.0::float8, 0.0::float8 WHERE false"
    assert assign_homes(owner_tx, nothing) == 0
    assert assign_homes(owner_tx, "SELECT 1::bigint, -50.0::float8, 10.0::float8") == 0
    assert owner_tx.scalar("SELECT count(*) FROM point_home") == 0
