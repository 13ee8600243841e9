-- Who takes in what lies outside every area (docs/decisions/0015): a path that some desk reads. `own` is the
-- area of whoever reported, `desks` the posts that take reports in.
--   1. `own`, while a desk answers for it;
--   2. else the area of the desk nearest to the place (EPSG:4490, lon/lat), of equally near ones the highest;
--   3. without any desk `own`, else the nearest top area: the first desk there finds it.
-- NULL while there is no area at all. Runs as the owner, because a reporter sees nobody else's posting.
CREATE OR REPLACE FUNCTION intake_outside(place geometry, own ltree, desks text[]) RETURNS ltree
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH desk AS (
    SELECT DISTINCT p.area_path AS path
      FROM posting p JOIN account a ON a.id = p.account_id
     WHERE p.post = ANY (desks) AND p.valid @> CURRENT_DATE AND a.disabled_at IS NULL
  ), choice AS (
    SELECT 1 AS step, own AS path, 0::float8 AS away WHERE EXISTS (SELECT FROM desk d WHERE d.path @> own)
    UNION ALL
    SELECT 2, v.path, v.geom <-> place
      FROM desk d JOIN area_version v ON v.path = d.path AND upper_inf(v.valid)
    UNION ALL
    SELECT 3, own, 0 WHERE own IS NOT NULL
    UNION ALL
    SELECT 4, v.path, v.geom <-> place
      FROM area_version v
     WHERE v.parent_id IS NULL AND v.level <> 'unit_grid' AND upper_inf(v.valid)
  )
  SELECT path FROM choice ORDER BY step, away, nlevel(path), path LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION intake_outside(geometry, ltree, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake_outside(geometry, ltree, text[]) TO gridcenter_web, gridcenter_worker;
