-- The scope of the acting account, read from transaction-local settings.
-- After a transaction the settings of a pooled connection are '' and not NULL, and the empty ltree is
-- everybody's ancestor: hence nullif. Policies call these inside (SELECT …) so that they are evaluated
-- once per statement and not once per row.

CREATE OR REPLACE FUNCTION actor_account() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('gridcenter.account', true), '')::uuid $$;

-- Paths whose cases and registry rows the actor sees; NULL when none.
CREATE OR REPLACE FUNCTION actor_areas() RETURNS ltree[]
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('gridcenter.areas', true), '')::ltree[] $$;

-- Paths for which the actor takes reports in; NULL when none.
CREATE OR REPLACE FUNCTION actor_intake() RETURNS ltree[]
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('gridcenter.intake', true), '')::ltree[] $$;

CREATE OR REPLACE FUNCTION actor_departments() RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('gridcenter.departments', true), '')::bigint[] $$;

CREATE OR REPLACE FUNCTION actor_clearance() RETURNS smallint
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('gridcenter.clearance', true), '')::smallint $$;

CREATE OR REPLACE FUNCTION actor_holds(post_codes text[]) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('gridcenter.posts', true), '')::text[] && post_codes, false) $$;

-- Set the scope for the rest of this transaction: of this account with these postings, as JSON. `ways` names the
-- posts that read cases by area, by intake and by department (actor.py). An empty setting means "none" and
-- matches no row. Gives the scope as one text, account first, for keys of caches.
CREATE OR REPLACE FUNCTION set_scope(account uuid, postings jsonb, ways jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  scope text[];
BEGIN
  SELECT ARRAY[
           coalesce(account::text, ''),
           coalesce('{' || string_agg(DISTINCT p.area_path COLLATE "C", ',' ORDER BY p.area_path COLLATE "C")
                           FILTER (WHERE ways->'areas' ? p.post) || '}', ''),
           coalesce('{' || string_agg(DISTINCT p.area_path COLLATE "C", ',' ORDER BY p.area_path COLLATE "C")
                           FILTER (WHERE ways->'intake' ? p.post) || '}', ''),
           coalesce('{' || string_agg(DISTINCT p.department_id, ',' ORDER BY p.department_id)
                           FILTER (WHERE ways->'departments' ? p.post) || '}', ''),
           CASE WHEN account IS NULL THEN '' ELSE coalesce(max(p.clearance), 0)::text END,
           coalesce('{' || string_agg(DISTINCT p.post COLLATE "C", ',' ORDER BY p.post COLLATE "C") || '}', '')]
    INTO scope
    FROM jsonb_to_recordset(postings) AS p(post text, area_path text, department_id text, clearance smallint);
  PERFORM set_config('gridcenter.account', scope[1], true),
          set_config('gridcenter.areas', scope[2], true),
          set_config('gridcenter.intake', scope[3], true),
          set_config('gridcenter.departments', scope[4], true),
          set_config('gridcenter.clearance', scope[5], true),
          set_config('gridcenter.posts', scope[6], true);
  RETURN array_to_string(scope, '|');
END $$;

-- Put a table under row rights: nobody sees a row unless a policy says so, the owner included.
-- Owner (upgrades, definer functions) and job worker work for the house and see all.
CREATE OR REPLACE FUNCTION protect_table(protected regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
  EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, gridcenter_web', protected);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO gridcenter_worker', protected);
  EXECUTE format('CREATE POLICY house ON %s TO gridcenter_owner, gridcenter_worker '
                 'USING (true) WITH CHECK (true)', protected);
END $$;

-- A table that every logged-in account may read: words, calendars, the map of areas.
CREATE OR REPLACE FUNCTION protect_common_table(protected regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM protect_table(protected);
  EXECUTE format('GRANT SELECT ON %s TO gridcenter_web', protected);
  EXECUTE format('CREATE POLICY logged_in ON %s FOR SELECT TO gridcenter_web '
                 'USING ((SELECT actor_account()) IS NOT NULL)', protected);
END $$;

REVOKE EXECUTE ON FUNCTION protect_table(regclass), protect_common_table(regclass) FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO gridcenter_web, gridcenter_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO gridcenter_web, gridcenter_worker;

-- History is appended, never edited.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
