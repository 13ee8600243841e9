-- How many open incidents lie in each of some shapes (WKB, EPSG:4490), in their order. Numbers alone, for
-- those who draw and decide redraws; system administrators see no case, but have to know how many move.
CREATE OR REPLACE FUNCTION redraw_open_incidents(shapes bytea[]) RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT array_agg((SELECT count(*) FROM case_file c
                     WHERE is_open(c.state) AND c.kind = 'incident' AND c.location && s.geom
                       AND ST_Covers(s.geom, c.location))::int ORDER BY s.n)
    FROM (SELECT ST_GeomFromWKB(shape, 4490) AS geom, n
            FROM unnest(shapes) WITH ORDINALITY u(shape, n)) s
   WHERE session_user <> 'gridcenter_web'
      OR actor_holds('{official,duty_officer,system_admin}')
$$;
REVOKE EXECUTE ON FUNCTION redraw_open_incidents(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redraw_open_incidents(bytea[]) TO gridcenter_web, gridcenter_worker;
