-- The deepest governance area in force at a point (EPSG:4490, lon/lat), and how near its border is.
-- On a border two areas cover the point: the smaller code wins, always the same one.
-- A dedicated grid (专属网格) wins over a general one that it lies within (setting `topology`, `nested`),
-- with what is below it; where it is cut out the two do not meet in one place.
-- Outside every area: area_id and path are NULL, border_m is the distance to the nearest area within
-- 20 km (else NULL). `certain` is false when the stated accuracy in metres reaches across the border,
-- and true when no accuracy is stated and the point does not lie on the border itself.
CREATE OR REPLACE FUNCTION locate_point(place geometry, accuracy_m double precision)
RETURNS TABLE (area_id bigint, path ltree, level text, border_m double precision, certain boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH covering AS MATERIALIZED (
    SELECT v.area_id, v.path, v.level, v.geom, a.kind = 'dedicated_grid' AS dedicated
      FROM area_version v JOIN area a ON a.id = v.area_id
     WHERE upper_inf(v.valid) AND v.level <> 'unit_grid'
       AND v.geom && place AND ST_Covers(v.geom, place)
  ), deepest AS (
    SELECT c.area_id, c.path, c.level, c.geom
      FROM covering c
     ORDER BY EXISTS (SELECT FROM covering d WHERE d.dedicated AND d.path @> c.path) DESC,
              nlevel(c.path) DESC, c.path
     LIMIT 1
  ), inside AS (
    -- A nested grid near the point has a border that the area around it does not have.
    SELECT d.area_id, d.path, d.level,
           least(border_distance_m(place, d.geom),
                 CASE WHEN accuracy_m > 0 AND EXISTS (
                        SELECT FROM area_setting s
                         WHERE s.key = 'topology' AND s.value->>'dedicated' = 'nested')
                      THEN (SELECT min(border_distance_m(place, n.geom))
                              FROM area_version n JOIN area k ON k.id = n.area_id
                             WHERE upper_inf(n.valid) AND k.kind = 'dedicated_grid'
                               AND n.geom && ST_Expand(place, accuracy_m / 70000)
                               AND NOT n.path @> d.path)
                 END) AS border_m
      FROM deepest d
  ), outside AS (
    SELECT NULL::bigint AS area_id, NULL::ltree AS path, NULL::text AS level,
           (SELECT border_distance_m(place, v.geom)
              FROM area_version v
             WHERE upper_inf(v.valid) AND v.level <> 'unit_grid'
               AND v.geom && ST_Expand(place, 0.2)
             ORDER BY v.geom <-> place LIMIT 1) AS border_m
     WHERE NOT EXISTS (SELECT FROM inside)
  )
  SELECT f.area_id, f.path, f.level, f.border_m,
         coalesce(f.border_m > coalesce(accuracy_m, 0), f.path IS NULL)
    FROM (SELECT * FROM inside UNION ALL SELECT * FROM outside) f
$$;

-- The 15-character unit grid (单元网格) at a point, or NULL.
CREATE OR REPLACE FUNCTION unit_grid_at(place geometry) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.code
    FROM area_version v JOIN area a ON a.id = v.area_id
   WHERE upper_inf(v.valid) AND v.level = 'unit_grid' AND v.geom && place AND ST_Covers(v.geom, place)
   ORDER BY a.code LIMIT 1
$$;

-- The name of a place as people say it, from the community down: 示例社区03 · 第2网格 · 微网格01.
-- For a path above the communities: the name of that area. NULL for a NULL path.
-- The areas above are asked by @>, which is marked leakproof: under row rights its index serves, while
-- equality with each prefix reads all areas for every name of a list.
CREATE OR REPLACE FUNCTION place_name(of_path ltree) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
           string_agg(v.name, ' · ' ORDER BY nlevel(v.path))
             FILTER (WHERE v.level IN ('community', 'grid', 'microgrid')),
           max(v.name) FILTER (WHERE v.path = of_path))
    FROM area_version v
   WHERE v.path @> of_path AND upper_inf(v.valid)
$$;

-- The name of the place that this installation serves: readable before anybody is logged in.
CREATE OR REPLACE FUNCTION installation_place() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT min(name) FROM area_version WHERE upper_inf(valid) AND parent_id IS NULL AND level <> 'unit_grid'
  HAVING count(*) = 1
$$;
GRANT EXECUTE ON FUNCTION installation_place() TO gridcenter_web, gridcenter_worker;
