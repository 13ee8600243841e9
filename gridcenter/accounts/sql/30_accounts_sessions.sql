-- What happens before anybody is logged in runs as the owner, in functions that each do one thing.

-- Account, its session and its postings of today for a token, whose scope holds for the rest of the transaction
-- (set_scope); no row and no scope when the token is unknown, revoked, expired, idle for longer than the limit,
-- or the account is disabled. A wall's token stood in an address: it never gives another post. In plpgsql because each request asks this: its plan is kept, while a definer
-- function in SQL is planned anew at each call.
DROP FUNCTION IF EXISTS session_actor(bytea, interval);
DROP FUNCTION IF EXISTS session_actor(bytea, interval, jsonb);
CREATE FUNCTION session_actor(token_sha256 bytea, idle interval, ways jsonb)
RETURNS TABLE (session_id uuid, session_kind text, seen_at timestamptz, one_time boolean, account_id uuid,
               username text, display_name text, locale text, theme text, postings jsonb, scope text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  SELECT s.id, s.kind, s.seen_at,
         a.password_hash IS NOT NULL AND a.password_changed_at IS NULL AND s.kind <> 'wall',
         a.id, a.username, a.display_name, a.locale, a.theme,
         coalesce((SELECT jsonb_agg(jsonb_build_object(
                            'id', p.id, 'post', p.post, 'area_path', p.area_path,
                            'department_id', p.department_id,
                            'clearance', coalesce(p.clearance, k.clearance)) ORDER BY k.sort, p.id)
                     FROM posting p JOIN post k ON k.code = p.post
                    WHERE p.account_id = a.id AND p.valid @> CURRENT_DATE
                      AND (s.kind <> 'wall' OR p.post = 'wall')), '[]')
    INTO session_id, session_kind, seen_at, one_time, account_id, username, display_name, locale, theme, postings
    FROM session s JOIN account a ON a.id = s.account_id
   WHERE s.token_hash = token_sha256 AND s.revoked_at IS NULL AND s.expires_at > now()
     AND (s.kind <> 'browser' OR s.seen_at > now() - idle)
     AND a.disabled_at IS NULL;
  IF FOUND THEN
    scope := set_scope(account_id, postings, ways);
    RETURN NEXT;
  END IF;
END $$;

-- Note that a session is alive; at most once a minute, so that reading stays reading.
CREATE OR REPLACE FUNCTION touch_session(which uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE session SET seen_at = now() WHERE id = which AND seen_at < now() - interval '1 minute'
$$;

-- What log-in needs to judge a password; no row for an unknown name.
DROP FUNCTION IF EXISTS account_for_login(text);
CREATE FUNCTION account_for_login(wanted text)
RETURNS TABLE (id uuid, password_hash text, failed_logins smallint, locked_until timestamptz,
               disabled_at timestamptz, one_time boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.password_hash, a.failed_logins, a.locked_until, a.disabled_at,
         a.password_changed_at IS NULL
    FROM account a WHERE lower(a.username) = lower(wanted) FOR UPDATE
$$;

-- Count a failed log-in; the fifth in a row locks the account for a while (GB/T 22239 8.1.4.1 b).
CREATE OR REPLACE FUNCTION note_failed_login(which uuid, wanted text, limit_count int, lock_for interval,
                                             from_address inet)
RETURNS TABLE (failed_logins smallint, locked_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO account_event (event, account_id, username, address)
  VALUES ('login_failed', which, left(wanted, 100), from_address);
  RETURN QUERY
    UPDATE account a
       SET failed_logins = CASE WHEN a.failed_logins + 1 >= limit_count THEN 0
                                ELSE a.failed_logins + 1 END,
           locked_until = CASE WHEN a.failed_logins + 1 >= limit_count THEN now() + lock_for
                               ELSE a.locked_until END
     WHERE a.id = which
    RETURNING a.failed_logins, a.locked_until;
END $$;

-- Until when a name that no account has is locked: by the same count as a real one, or the answer would
-- tell which names exist. NULL when it is not.
CREATE OR REPLACE FUNCTION unknown_name_locked_until(wanted text, limit_count int, lock_for interval)
RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN count(*) > 0 AND count(*) % limit_count = 0 THEN max(e.at) + lock_for END
    FROM account_event e
   WHERE e.event = 'login_failed' AND e.account_id IS NULL AND lower(e.username) = lower(left(wanted, 100))
$$;

-- Open a session after a good password; clears the failures.
CREATE OR REPLACE FUNCTION open_session(which uuid, token_sha256 bytea, session_kind text,
                                        lifetime interval, from_address inet, user_agent text,
                                        new_hash text)
RETURNS TABLE (session_id uuid, expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account a SET failed_logins = 0, locked_until = NULL, last_login_at = now(),
                       password_hash = coalesce(new_hash, a.password_hash)
   WHERE a.id = which;
  INSERT INTO account_event (event, account_id, actor_account_id, address)
  VALUES ('login', which, which, from_address);
  RETURN QUERY
    INSERT INTO session AS s (account_id, token_hash, kind, expires_at, address, agent)
    VALUES (which, token_sha256, session_kind, now() + lifetime, from_address, left(user_agent, 300))
    RETURNING s.id, s.expires_at;
END $$;

GRANT EXECUTE ON FUNCTION session_actor(bytea, interval, jsonb), touch_session(uuid), account_for_login(text),
  note_failed_login(uuid, text, int, interval, inet), unknown_name_locked_until(text, int, interval),
  open_session(uuid, bytea, text, interval, inet, text, text) TO gridcenter_web;

-- End the sessions of an account whose password changed or that is shut, all but the one in use; returns how
-- many. Runs as the owner because a system administrator, who resets passwords, sees no sessions. The command
-- line acts for the house: by its own role, as no account.
CREATE OR REPLACE FUNCTION end_sessions_of(which uuid, keep uuid) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH ended AS (
    UPDATE session SET revoked_at = now()
     WHERE account_id = which AND revoked_at IS NULL AND id IS DISTINCT FROM keep
       AND (which = (SELECT actor_account()) OR (SELECT actor_holds('{system_admin}'))
            OR session_user IN ('gridcenter_owner', 'gridcenter_worker'))
    RETURNING 1)
  SELECT count(*) FROM ended
$$;
REVOKE EXECUTE ON FUNCTION end_sessions_of(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_sessions_of(uuid, uuid) TO gridcenter_web, gridcenter_worker;
