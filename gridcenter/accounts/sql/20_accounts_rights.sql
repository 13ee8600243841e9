-- Accounts: everybody reads the own row; administrators read all of them and no case at all.
-- The password hash is granted to nobody: log-in goes through account_for_login.

SELECT protect_common_table('department');
SELECT protect_common_table('post');
SELECT protect_table('account');
SELECT protect_table('posting');
SELECT protect_table('session');
SELECT protect_table('account_event');

GRANT INSERT, UPDATE ON department TO gridcenter_web;
CREATE POLICY administrated ON department TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

GRANT SELECT (id, username, display_name, locale, theme, failed_logins, locked_until, disabled_at,
              last_login_at, password_changed_at, created_at, is_example),
      INSERT, UPDATE ON account TO gridcenter_web;
CREATE POLICY own ON account FOR SELECT TO gridcenter_web USING (id = (SELECT actor_account()));
CREATE POLICY own_change ON account FOR UPDATE TO gridcenter_web
  USING (id = (SELECT actor_account())) WITH CHECK (id = (SELECT actor_account()));
CREATE POLICY administrators_read ON account FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin,security_admin,audit_admin}')));
CREATE POLICY system_admin_inserts ON account FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_holds('{system_admin}')));
CREATE POLICY system_admin_updates ON account FOR UPDATE TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

GRANT SELECT, INSERT, UPDATE ON posting TO gridcenter_web;
CREATE POLICY own ON posting FOR SELECT TO gridcenter_web
  USING (account_id = (SELECT actor_account()));
CREATE POLICY administrators_read ON posting FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin,security_admin,audit_admin}')));
CREATE POLICY security_admin_inserts ON posting FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_holds('{security_admin}')) AND account_id <> (SELECT actor_account()));
CREATE POLICY security_admin_updates ON posting FOR UPDATE TO gridcenter_web
  USING ((SELECT actor_holds('{security_admin}')) AND account_id <> (SELECT actor_account()))
  WITH CHECK ((SELECT actor_holds('{security_admin}')));

GRANT SELECT (id, account_id, kind, created_at, seen_at, expires_at, revoked_at, address, agent),
      UPDATE (revoked_at) ON session TO gridcenter_web;
CREATE POLICY own ON session TO gridcenter_web
  USING (account_id = (SELECT actor_account())) WITH CHECK (account_id = (SELECT actor_account()));
CREATE POLICY security_admin ON session TO gridcenter_web
  USING ((SELECT actor_holds('{security_admin}'))) WITH CHECK ((SELECT actor_holds('{security_admin}')));

GRANT SELECT, INSERT ON account_event TO gridcenter_web;
CREATE POLICY own ON account_event FOR SELECT TO gridcenter_web
  USING (account_id = (SELECT actor_account()));
CREATE POLICY audit ON account_event FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{audit_admin}')));
CREATE POLICY append ON account_event FOR INSERT TO gridcenter_web
  WITH CHECK (actor_account_id IS NOT DISTINCT FROM (SELECT actor_account()));

DROP TRIGGER IF EXISTS append_only ON account_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON account_event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
