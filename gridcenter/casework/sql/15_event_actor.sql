-- Who did something, as a case shows it: the worker's code, else the account's display name.
-- Reading a case one may see gives the doer's name, and nothing else of the account.
CREATE OR REPLACE FUNCTION event_actor(which uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT code FROM grid_worker WHERE account_id = which),
                  (SELECT display_name FROM account WHERE id = which))
$$;
GRANT EXECUTE ON FUNCTION event_actor(uuid) TO gridcenter_web, gridcenter_worker;
