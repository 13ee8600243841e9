-- What the acting account itself did to a case at a version, marks of the house aside: also when that very move
-- took the case out of its sight, so that a repeat after a lost answer is known. Gives nothing that others did.
CREATE OR REPLACE FUNCTION own_event(which uuid, at_version bigint, marks text[])
RETURNS TABLE (operation text, to_state text, given jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.operation, e.to_state, e.data->'given'
    FROM case_event e
   WHERE e.case_id = which AND e.version = at_version AND e.operation <> ALL (marks)
     AND e.account_id = actor_account()
   ORDER BY e.id LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION own_event(uuid, bigint, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_event(uuid, bigint, text[]) TO gridcenter_web, gridcenter_worker;
