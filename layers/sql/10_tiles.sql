-- Parts of vector tiles. The statement of a layer's tile is put together in layers/statements.py from the
-- layer's declaration and runs with the caller's rights, so row policies decide what is in a tile; the
-- address is checked by the caller. Tiles are Web Mercator (EPSG:3857) by the format; nothing is measured
-- in it. The box goes to the stored coordinates (EPSG:4490), never the column to the box's, so that GiST
-- serves.

-- The box of a tile with a margin of 64/4096 on each side, for symbols and lines that reach across.
CREATE OR REPLACE FUNCTION tile_box(z integer, x integer, y integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ST_Transform(ST_TileEnvelope(z, x, y, margin => 64.0 / 4096), 4490) $$;

-- The box of a tile itself, without margin, in the stored coordinates.
CREATE OR REPLACE FUNCTION tile_degrees(z integer, x integer, y integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ST_Transform(ST_TileEnvelope(z, x, y), 4490) $$;

-- What people say for short: 03 for a community, 03-02 for a grid, 05 for a micro-grid.
CREATE OR REPLACE FUNCTION short_name(path ltree, level text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE level
           WHEN 'grid' THEN coalesce(right(subpath(path, -2, 1)::text, 2) || '-', '')
                            || right(subpath(path, -1, 1)::text, 2)
           WHEN 'community' THEN right(subpath(path, -1, 1)::text, 2)
           WHEN 'microgrid' THEN right(subpath(path, -1, 1)::text, 2) END
$$;

-- How a case stands to its running clock; the same words as lists use. `soon` begins at the later of a
-- quarter of the stage left and one hour left, but never before half of the stage.
CREATE OR REPLACE FUNCTION time_state(state text, due_at timestamptz, began timestamptz, at timestamptz)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN NOT is_open(state) THEN 'closed'
              WHEN due_at IS NULL THEN 'stopped'
              WHEN due_at <= at THEN 'overdue'
              WHEN due_at - at < least(greatest((due_at - began) / 4, interval '1 hour'),
                                       (due_at - began) / 2) THEN 'soon'
              ELSE 'in_time' END
$$;

-- Where workers can be expected: the last position while it is fresh, else their home; the same as
-- candidates for a case have. For those who dispatch; load is the number of cases the worker has in hand.
CREATE OR REPLACE FUNCTION worker_places(box geometry)
RETURNS TABLE (id uuid, code text, load integer, stale boolean, place geometry)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT w.id, w.code,
         (SELECT count(*) FROM case_file c WHERE c.holder_account_id = w.account_id AND in_hand(c.state))::int,
         f.stale, f.place
    FROM (SELECT p.worker_id, false AS stale, p.location AS place
            FROM worker_position p
           WHERE p.location && box AND position_is_fresh(p.taken_at, now())
          UNION ALL
          SELECT near.worker_id, true, home.middle
            FROM (SELECT DISTINCT d.worker_id
                    FROM area_version v JOIN duty d ON d.area_id = v.area_id
                   WHERE v.geom && box AND upper_inf(v.valid) AND d.valid @> CURRENT_DATE
                     AND NOT EXISTS (SELECT FROM worker_position p WHERE p.worker_id = d.worker_id
                                        AND position_is_fresh(p.taken_at, now()))) near
           CROSS JOIN LATERAL worker_home(near.worker_id) home) f
    JOIN grid_worker w ON w.id = f.worker_id AND w.valid @> CURRENT_DATE
   WHERE (SELECT actor_holds('{dispatcher,duty_officer}')) AND f.place && box
$$;

-- Earlier releases kept one function for each layer.
DROP FUNCTION IF EXISTS tile_street(integer, integer, integer), tile_community(integer, integer, integer),
  tile_grid(integer, integer, integer), tile_microgrid(integer, integer, integer),
  tile_building(integer, integer, integer), tile_incident(integer, integer, integer),
  tile_worker(integer, integer, integer), tile_areas(text, integer, integer, integer),
  tile_shape(geometry, integer, integer, integer);
