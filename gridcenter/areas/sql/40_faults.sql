-- What the check of boundaries must know about people and houses, as numbers and outlines only. A system
-- administrator repairs boundaries and may not read the registry or the cases, hence definer rights.

-- Buildings and registered persons in each area below these parents (ids; 0: the areas without one).
-- What is counted in one place is handed up by equal paths: `@>` would compare every place with every
-- area as soon as the planner knows of no statistics (measured: 189 s for 12,774 places, now 0.4 s).
-- Everything is counted for 0 only, else what lies below the parents; the planner sees either, not both.
CREATE OR REPLACE FUNCTION area_counts(parents bigint[])
RETURNS TABLE (id bigint, buildings integer, persons integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
  WITH chosen AS MATERIALIZED (
    SELECT v.path FROM area_version v WHERE upper_inf(v.valid) AND v.area_id = ANY(parents)
  ), counted AS (
    SELECT area_path, count(*) AS buildings, 0 AS persons
      FROM building WHERE upper_inf(valid) AND 0 = ANY(parents) GROUP BY area_path
     UNION ALL
    SELECT area_path, 0, sum(size)
      FROM household WHERE upper_inf(valid) AND 0 = ANY(parents) GROUP BY area_path
     UNION ALL
    SELECT area_path, count(*), 0 FROM building
     WHERE upper_inf(valid) AND NOT 0 = ANY(parents) AND area_path <@ ARRAY(SELECT path FROM chosen)
     GROUP BY area_path
     UNION ALL
    SELECT area_path, 0, sum(size) FROM household
     WHERE upper_inf(valid) AND NOT 0 = ANY(parents) AND area_path <@ ARRAY(SELECT path FROM chosen)
     GROUP BY area_path
  ), handed_up AS (
    SELECT subpath(c.area_path, 0, k) AS path, sum(c.buildings) AS buildings, sum(c.persons) AS persons
      FROM counted c CROSS JOIN LATERAL generate_series(1, nlevel(c.area_path)) k GROUP BY 1
  )
  SELECT v.area_id, h.buildings::int, h.persons::int
    FROM handed_up h JOIN area_version v ON v.path = h.path AND upper_inf(v.valid)
   WHERE v.parent_id = ANY(parents) OR v.parent_id IS NULL AND 0 = ANY(parents)
$$;

-- Buildings below these areas (0: all) that are not whole in their micro-grid: only these can be cut by a
-- border. Their outlines (EPSG:4490) are for those who may change borders.
CREATE OR REPLACE FUNCTION buildings_over_borders(parents bigint[])
RETURNS TABLE (id uuid, name text, geom geometry)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
  WITH asked AS (
    SELECT b.* FROM building b WHERE upper_inf(b.valid) AND 0 = ANY(parents)
     UNION ALL
    SELECT b.* FROM building b
     WHERE upper_inf(b.valid) AND NOT 0 = ANY(parents)
       AND b.area_path <@ ARRAY(SELECT v.path FROM area_version v
             WHERE upper_inf(v.valid) AND v.area_id = ANY(parents))
  )
  SELECT b.id, coalesce(b.name || '（' || b.code || '）', b.code), b.geom
    FROM asked b JOIN area_version m ON m.area_id = b.microgrid_id AND upper_inf(m.valid)
   WHERE NOT ST_Covers(m.geom, b.geom)
     AND (session_user <> 'gridcenter_web' OR actor_holds('{system_admin}'))
$$;

-- How many buildings (by their middle) and open cases of these areas lie in them no more.
CREATE OR REPLACE FUNCTION left_behind(areas bigint[]) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
  SELECT (SELECT count(*) FROM building b JOIN area_version m ON m.area_id = b.microgrid_id
           WHERE upper_inf(b.valid) AND upper_inf(m.valid) AND m.area_id = ANY(areas)
             AND NOT ST_Covers(m.geom, ST_PointOnSurface(b.geom)))
       + (SELECT count(*) FROM area_version v JOIN case_file c ON c.area_path = v.path
           WHERE upper_inf(v.valid) AND v.area_id = ANY(areas)
             AND is_open(c.state)
             AND NOT ST_Covers(v.geom, c.location))
$$;

-- How many open cases below these paths would change between these areas and others: they are kept under
-- one area and their place lies in another. Cases outside every area belong to whom they were given.
CREATE OR REPLACE FUNCTION cases_elsewhere(below ltree[], areas bigint[]) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
  SELECT count(*) FROM case_file c CROSS JOIN LATERAL locate_point(c.location, NULL) l
   WHERE is_open(c.state) AND c.area_path <@ below AND l.path <> c.area_path
     AND (l.area_id = ANY(areas)
          OR EXISTS (SELECT FROM area_version o WHERE o.area_id = ANY(areas) AND o.path = c.area_path))
$$;
REVOKE EXECUTE ON FUNCTION area_counts(bigint[]), buildings_over_borders(bigint[]), left_behind(bigint[]),
  cases_elsewhere(ltree[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION area_counts(bigint[]), buildings_over_borders(bigint[]), left_behind(bigint[]),
  cases_elsewhere(ltree[], bigint[]) TO gridcenter_web, gridcenter_worker;
