-- The pale map behind the log-in: outlines of communities, grids and the largest buildings as one GeoJSON
-- text, geometry only, no name, no code, and
-- whether they are examples. What a passer-by can see; the one map without a log-in.
CREATE OR REPLACE FUNCTION login_backdrop() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT json_build_object('type', 'FeatureCollection',
           'example', EXISTS (SELECT FROM area_version
                               WHERE upper_inf(valid) AND parent_id IS NULL AND is_example),
           'features', coalesce(json_agg(
           json_build_object('type', 'Feature', 'geometry', ST_AsGeoJSON(f.geom, 5, 0)::json,
                             'properties', json_build_object('layer', f.layer))), '[]'))::text
    FROM (
      (SELECT level AS layer, ST_Simplify(geom, 1e-5) AS geom FROM area_version
        WHERE upper_inf(valid) AND level IN ('street', 'community', 'grid') ORDER BY path LIMIT 500)
      UNION ALL
      (SELECT 'building', ST_Simplify(geom, 5e-6) FROM building
        WHERE upper_inf(valid) ORDER BY footprint_m2 DESC LIMIT 3000)
    ) f
   WHERE f.geom IS NOT NULL
$$;
GRANT EXECUTE ON FUNCTION login_backdrop() TO gridcenter_web;
