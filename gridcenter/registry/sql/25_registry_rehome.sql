-- What stands in a building stands where the building stands: dwellings and their households follow
-- buildings that an import put into another micro-grid. Runs as the owner because the system
-- administrator, who imports buildings, sees neither; it can only make paths agree.
CREATE OR REPLACE FUNCTION rehome_dwellings(which uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH moved AS (
    UPDATE dwelling d SET area_path = b.area_path, version = d.version + 1
      FROM building b
     WHERE b.id = ANY (which) AND d.building_id = b.id AND d.area_path <> b.area_path
    RETURNING d.id, d.area_path
  ), followed AS (
    UPDATE household h SET area_path = m.area_path, version = h.version + 1
      FROM moved m
     WHERE h.dwelling_id = m.id AND h.area_path <> m.area_path
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM followed)
$$;
REVOKE EXECUTE ON FUNCTION rehome_dwellings(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rehome_dwellings(uuid[]) TO gridcenter_web, gridcenter_worker;

-- Buildings below these paths go to the home they stand in now (areas/sql/22_homes.sql), dwellings and
-- households with them; how many moved. As above it can only make paths agree.
CREATE OR REPLACE FUNCTION rehome_buildings(below ltree[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  which uuid[];
BEGIN
  WITH moved AS (
    UPDATE building b
       SET microgrid_id = h.area_id, area_path = h.path, version = b.version + 1
      FROM (SELECT o.id, home.area_id, home.path
              FROM building o CROSS JOIN LATERAL home_at(ST_PointOnSurface(o.geom)) home
             WHERE upper_inf(o.valid)
               -- Place by place, so that the index of paths serves.
               AND o.id IN (SELECT s.id FROM unnest(below) p(path) JOIN building s ON s.area_path <@ p.path)
               AND (o.microgrid_id <> home.area_id OR o.area_path <> home.path)) h
     WHERE b.id = h.id
    RETURNING b.id
  )
  SELECT coalesce(array_agg(id), '{}') INTO which FROM moved;
  PERFORM rehome_dwellings(which);
  RETURN cardinality(which);
END $$;
REVOKE EXECUTE ON FUNCTION rehome_buildings(ltree[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rehome_buildings(ltree[]) TO gridcenter_web, gridcenter_worker;
