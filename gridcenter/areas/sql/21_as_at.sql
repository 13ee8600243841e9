-- Areas as they were at a moment; the same columns as the view area_now.
DROP FUNCTION IF EXISTS area_at(timestamptz);
CREATE FUNCTION area_at(moment timestamptz)
RETURNS TABLE (id bigint, code text, code_scheme text, level text, kind text, version_id bigint,
               parent_id bigint, name text, name_en text, path ltree, geom geometry,
               area_m2 double precision, perimeter_m double precision, households integer,
               valid tstzrange, source text, is_example boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.id, a.code, a.code_scheme, a.level, a.kind, v.id, v.parent_id, v.name, v.name_en,
         v.path, v.geom, v.area_m2, v.perimeter_m, v.households, v.valid, v.source, v.is_example
    FROM area a JOIN area_version v ON v.area_id = a.id
   WHERE v.valid @> moment
$$;

-- As place_name, in the words of a moment.
CREATE OR REPLACE FUNCTION place_name_at(of_path ltree, moment timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
           string_agg(v.name, ' · ' ORDER BY nlevel(v.path))
             FILTER (WHERE v.level IN ('community', 'grid', 'microgrid')),
           max(v.name) FILTER (WHERE v.path = of_path))
    FROM area_version v
   WHERE v.path @> of_path AND v.valid @> moment
$$;

-- As locate_point, among the areas of a moment. Both halves have an index: versions in force and past ones.
CREATE OR REPLACE FUNCTION locate_point_at(
  place geometry, accuracy_m double precision, moment timestamptz)
RETURNS TABLE (area_id bigint, path ltree, level text, border_m double precision, certain boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH near AS (
    SELECT v.area_id, v.path, v.level, v.geom, a.kind = 'dedicated_grid' AS dedicated
      FROM area_version v JOIN area a ON a.id = v.area_id
     WHERE upper_inf(v.valid) AND v.valid @> moment AND v.level <> 'unit_grid'
       AND v.geom && ST_Expand(place, 0.2)
    UNION ALL
    SELECT v.area_id, v.path, v.level, v.geom, a.kind = 'dedicated_grid' AS dedicated
      FROM area_version v JOIN area a ON a.id = v.area_id
     WHERE NOT upper_inf(v.valid) AND v.valid @> moment AND v.level <> 'unit_grid'
       AND v.geom && ST_Expand(place, 0.2)
  ), covering AS MATERIALIZED (
    SELECT n.* FROM near n WHERE n.geom && place AND ST_Covers(n.geom, place)
  ), deepest AS (
    SELECT c.area_id, c.path, c.level, c.geom
      FROM covering c
     ORDER BY EXISTS (SELECT FROM covering d WHERE d.dedicated AND d.path @> c.path) DESC,
              nlevel(c.path) DESC, c.path
     LIMIT 1
  ), inside AS (
    SELECT d.area_id, d.path, d.level,
           least(border_distance_m(place, d.geom),
                 CASE WHEN accuracy_m > 0 AND EXISTS (
                        SELECT FROM area_setting s
                         WHERE s.key = 'topology' AND s.value->>'dedicated' = 'nested')
                      THEN (SELECT min(border_distance_m(place, n.geom)) FROM near n
                             WHERE n.dedicated AND n.geom && ST_Expand(place, accuracy_m / 70000)
                               AND NOT n.path @> d.path)
                 END) AS border_m
      FROM deepest d
  ), outside AS (
    SELECT NULL::bigint AS area_id, NULL::ltree AS path, NULL::text AS level,
           (SELECT border_distance_m(place, n.geom) FROM near n ORDER BY n.geom <-> place LIMIT 1) AS border_m
     WHERE NOT EXISTS (SELECT FROM inside)
  )
  SELECT f.area_id, f.path, f.level, f.border_m,
         coalesce(f.border_m > coalesce(accuracy_m, 0), f.path IS NULL)
    FROM (SELECT * FROM inside UNION ALL SELECT * FROM outside) f
$$;

-- As unit_grid_at, among the unit grids of a moment.
CREATE OR REPLACE FUNCTION unit_grid_at(place geometry, moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.code
    FROM area_version v JOIN area a ON a.id = v.area_id
   WHERE v.valid @> moment AND v.level = 'unit_grid' AND v.geom && place AND ST_Covers(v.geom, place)
   ORDER BY a.code LIMIT 1
$$;
