-- The feed: rows are seen by the same ways in as the cases they speak of.
SELECT protect_table('journal');
GRANT SELECT, INSERT ON journal TO gridcenter_web;
CREATE POLICY by_way ON journal FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR intake_path <@ (SELECT actor_intake())
         OR department_id = ANY ((SELECT actor_departments())::bigint[])
         OR reporter_account_id = (SELECT actor_account())
         OR holder_account_id = (SELECT actor_account()));
CREATE POLICY confidentiality ON journal AS RESTRICTIVE FOR SELECT TO gridcenter_web
  USING (confidentiality <= (SELECT actor_clearance())
         OR reporter_account_id = (SELECT actor_account()));
CREATE POLICY append ON journal FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_account()) IS NOT NULL);
DROP TRIGGER IF EXISTS append_only ON journal;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Tell listeners that there is something new: a number only, never contents.
CREATE OR REPLACE FUNCTION tell_journal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('gridcenter_journal', '');
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS tell ON journal;
CREATE TRIGGER tell AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION tell_journal();

-- Whether there are committed entries that readers may not pass yet, because an older transaction is
-- still running. Says nothing about what they are.
CREATE OR REPLACE FUNCTION journal_waits() RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM journal WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot()))
$$;
GRANT EXECUTE ON FUNCTION journal_waits() TO gridcenter_web;
