-- Whether a worker's account is shut: all that dispatchers need to know of accounts.
CREATE OR REPLACE FUNCTION worker_account_disabled(which uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT disabled_at IS NOT NULL FROM account WHERE id = which), false)
$$;
GRANT EXECUTE ON FUNCTION worker_account_disabled(uuid) TO gridcenter_web, gridcenter_worker;
