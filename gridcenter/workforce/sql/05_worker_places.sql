-- Whether a position taken then still says where somebody is: for an hour, on foot one may be anywhere after it.
CREATE OR REPLACE FUNCTION position_is_fresh(taken_at timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT taken_at > at - interval '1 hour' $$;

-- Where a worker can be expected without a fresh position: in the largest area of the first duty of today, and
-- the middle of it (EPSG:4490). No row without a duty.
CREATE OR REPLACE FUNCTION worker_home(which uuid) RETURNS TABLE (path ltree, middle geometry)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT v.path, ST_PointOnSurface(v.geom)
    FROM duty d JOIN area_version v ON v.area_id = d.area_id AND upper_inf(v.valid)
   WHERE d.worker_id = which AND d.valid @> CURRENT_DATE
   ORDER BY d.rank, nlevel(v.path), v.path LIMIT 1
$$;
