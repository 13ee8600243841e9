-- Where what stands somewhere belongs: the micro-grids in force, and the dedicated grids (专属网格) that
-- have none below them. `dedicated` marks what is, or lies below, a dedicated grid. This is the one rule
-- for buildings, dwellings and households: imports, redraws, takings back all ask home_at or read this.
CREATE OR REPLACE VIEW home_area WITH (security_invoker = true) AS
  SELECT v.area_id AS id, a.code, v.path, v.level, v.geom,
         g.id IS NOT NULL OR coalesce(a.kind = 'dedicated_grid', false) AS dedicated
    FROM area_version v JOIN area a ON a.id = v.area_id
    LEFT JOIN area g ON g.id = v.parent_id AND g.kind = 'dedicated_grid'
   WHERE upper_inf(v.valid)
     AND (v.level = 'microgrid'
          OR v.level = 'grid' AND a.kind = 'dedicated_grid'
             AND NOT EXISTS (SELECT FROM area_version c
                              WHERE c.parent_id = v.area_id AND c.level = 'microgrid'
                                AND upper_inf(c.valid)));
GRANT SELECT ON home_area TO gridcenter_web, gridcenter_worker;

-- The home at a point (EPSG:4490, lon/lat); no row where there is none. As locate_point: a dedicated grid
-- wins over the general one around it, on a border the smaller code wins.
CREATE OR REPLACE FUNCTION home_at(place geometry)
RETURNS TABLE (area_id bigint, path ltree)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT h.id, h.path FROM home_area h
   WHERE h.geom && place AND ST_Covers(h.geom, place)
   ORDER BY h.dedicated DESC, h.path LIMIT 1
$$;
