-- The area that counts a fact today: the recorded one while its outline is still that of the moment, else
-- the one that holds the place of the case. Runs as the owner: whoever may count the fact gets its area of
-- today and nothing else of the case.
CREATE OR REPLACE FUNCTION area_as_now(which uuid, recorded ltree, moment timestamptz) RETURNS ltree
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF recorded IS NULL
     OR EXISTS (SELECT FROM area_version v
                 WHERE v.path = recorded AND upper_inf(v.valid)
                   AND (v.valid @> moment
                        -- What happened before there was a map lies in its first outline.
                        OR lower(v.valid) = (SELECT min(lower(o.valid)) FROM area_version o
                                              WHERE o.area_id = v.area_id))) THEN
    RETURN recorded;
  END IF;
  RETURN (SELECT coalesce(l.path, recorded)
            FROM case_file c CROSS JOIN LATERAL locate_point(c.location, NULL) l WHERE c.id = which);
END $$;
REVOKE EXECUTE ON FUNCTION area_as_now(uuid, ltree, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION area_as_now(uuid, ltree, timestamptz) TO gridcenter_web, gridcenter_worker;
