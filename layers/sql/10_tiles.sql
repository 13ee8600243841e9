-- Vector tiles: one function per layer, tile_<layer>(z, x, y), of the MVT layer of the same name.
-- They run with the caller's rights, so row policies decide what is in a tile; the address is checked
-- by the caller. Tiles are Web Mercator (EPSG:3857) by the format; nothing is measured in it. The box
-- goes to the stored coordinates (EPSG:4490), never the column to the box's, so that GiST serves.

-- The box of a tile with a margin of 64/4096 on each side, for symbols and lines that reach across.
CREATE OR REPLACE FUNCTION tile_box(z integer, x integer, y integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ST_Transform(ST_TileEnvelope(z, x, y, margin => 64.0 / 4096), 4490) $$;

-- A stored geometry in the tile's own coordinates; NULL when nothing of it is left. Below zoom 14 shapes
-- are thinned to half a pixel of a 512 px tile before they are transformed.
CREATE OR REPLACE FUNCTION tile_shape(geom geometry, z integer, x integer, y integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ST_AsMVTGeom(
           ST_Transform(CASE WHEN z < 14 THEN ST_Simplify(geom, 360.0 / 2 ^ z / 1024, true)
                             ELSE geom END, 3857),
           ST_TileEnvelope(z, x, y), 4096, 64)
$$;

-- What people say for short: 03 for a community, 03-02 for a grid, 05 for a micro-grid.
CREATE OR REPLACE FUNCTION short_name(path ltree, level text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE level
           WHEN 'grid' THEN coalesce(right(subpath(path, -2, 1)::text, 2) || '-', '')
                            || right(subpath(path, -1, 1)::text, 2)
           WHEN 'community' THEN right(subpath(path, -1, 1)::text, 2)
           WHEN 'microgrid' THEN right(subpath(path, -1, 1)::text, 2) END
$$;

CREATE OR REPLACE FUNCTION tile_areas(wanted text, z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT ST_AsMVT(t, wanted, 4096, 'geom')
    FROM (SELECT a.code, v.name, v.name_en, short_name(v.path, v.level) AS short, v.level,
                 tile_shape(v.geom, z, x, y) AS geom
            FROM area_version v JOIN area a ON a.id = v.area_id
           WHERE v.geom && tile_box(z, x, y) AND upper_inf(v.valid) AND v.level = wanted) t
   WHERE t.geom IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION tile_street(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tile_areas('street', z, x, y) $$;
CREATE OR REPLACE FUNCTION tile_community(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tile_areas('community', z, x, y) $$;
CREATE OR REPLACE FUNCTION tile_microgrid(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT tile_areas('microgrid', z, x, y) $$;

-- Grids carry how many open incidents the reader may see in them.
CREATE OR REPLACE FUNCTION tile_grid(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH here AS MATERIALIZED (
    SELECT a.code, v.name, v.name_en, v.path, v.geom
      FROM area_version v JOIN area a ON a.id = v.area_id
     WHERE v.geom && tile_box(z, x, y) AND upper_inf(v.valid) AND v.level = 'grid'
  ), waiting AS MATERIALIZED (
    SELECT c.area_path FROM case_file c
     WHERE c.state = ANY ((SELECT open_states())::text[]) AND c.kind = 'incident'
  ), counted AS (
    SELECT subpath(w.area_path, 0, d.depth)::text AS path, count(*)::int AS n
      FROM waiting w, (SELECT DISTINCT nlevel(path) AS depth FROM here) d
     WHERE nlevel(w.area_path) >= d.depth GROUP BY 1
  )
  SELECT ST_AsMVT(t, 'grid', 4096, 'geom')
    FROM (SELECT h.code, h.name, h.name_en, short_name(h.path, 'grid') AS short, 'grid' AS level,
                 coalesce(n.n, 0) AS open_count, tile_shape(h.geom, z, x, y) AS geom
            FROM here h LEFT JOIN counted n ON n.path = h.path::text) t
   WHERE t.geom IS NOT NULL
$$;

-- Buildings from zoom 14 on; below, a district would be a megabyte of grey. Height in metres.
CREATE OR REPLACE FUNCTION tile_building(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT ST_AsMVT(t, 'building', 4096, 'geom')
    FROM (SELECT b.code, b.floors, b.height_m AS height,
                 CASE WHEN z >= 16 THEN coalesce(b.name, ltrim(substring(b.code FROM '\d+$'), '0'))
                 END AS label,
                 tile_shape(b.geom, z, x, y) AS geom
            FROM building b
           WHERE z >= 14 AND b.geom && tile_box(z, x, y) AND upper_inf(b.valid)) t
   WHERE t.geom IS NOT NULL
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

-- Open incidents. due_at in seconds since 1970. No description, no address, nobody's name.
CREATE OR REPLACE FUNCTION tile_incident(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT ST_AsMVT(t, 'incident', 4096, 'geom')
    FROM (SELECT c.id::text AS id, c.number, c.state, c.severity,
                 time_state(c.state, c.due_at, c.stage_started_at, now()) AS time_state,
                 floor(extract(epoch FROM c.due_at))::bigint AS due_at, i.name AS matter,
                 i.name_en AS matter_en,
                 tile_shape(c.location, z, x, y) AS geom
            FROM case_file c JOIN catalogue_item i ON i.id = c.item_id
           WHERE c.location && tile_box(z, x, y) AND c.kind = 'incident'
             AND is_open(c.state)) t
   WHERE t.geom IS NOT NULL
$$;

-- Where workers can be expected: the last position when it is fresh (two hours), else the middle of the
-- area they answer for. For those who dispatch; load is the number of open cases the worker holds.
CREATE OR REPLACE FUNCTION worker_places(box geometry)
RETURNS TABLE (id uuid, code text, load integer, stale boolean, place geometry)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT w.id, w.code,
         (SELECT count(*) FROM case_file c WHERE c.holder_account_id = w.account_id AND is_open(c.state))::int,
         f.stale, f.place
    FROM (SELECT p.worker_id, false AS stale, p.location AS place
            FROM worker_position p
           WHERE p.location && box AND p.taken_at > now() - interval '2 hours'
          UNION ALL
          (SELECT DISTINCT ON (d.worker_id) d.worker_id, true, ST_PointOnSurface(v.geom)
            FROM area_version v JOIN duty d ON d.area_id = v.area_id
           WHERE v.geom && box AND upper_inf(v.valid) AND d.valid @> CURRENT_DATE AND d.rank = 0
             AND NOT EXISTS (SELECT FROM worker_position p WHERE p.worker_id = d.worker_id
                                AND p.taken_at > now() - interval '2 hours')
           ORDER BY d.worker_id, nlevel(v.path) DESC, v.path)) f
    JOIN grid_worker w ON w.id = f.worker_id AND w.valid @> CURRENT_DATE
   WHERE (SELECT actor_holds('{dispatcher,duty_officer}')) AND f.place && box
$$;

CREATE OR REPLACE FUNCTION tile_worker(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT ST_AsMVT(t, 'worker', 4096, 'geom')
    FROM (SELECT p.id::text AS id, p.code, p.load, p.stale, tile_shape(p.place, z, x, y) AS geom
            FROM worker_places(tile_box(z, x, y)) p) t
   WHERE t.geom IS NOT NULL
$$;
