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
