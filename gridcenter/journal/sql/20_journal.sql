-- The feed: rows are seen by the same ways in as the cases they speak of.
SELECT protect_table('journal');
GRANT SELECT, INSERT ON journal TO gridcenter_web;
CREATE POLICY by_way ON journal FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR intake_path <@ (SELECT actor_intake())
         OR department_id = ANY ((SELECT actor_departments())::bigint[])
         OR reporter_account_id = (SELECT actor_account())
         OR holder_account_id = (SELECT actor_account()));
-- That a map is old names no place and no case: whoever is logged in may know.
CREATE POLICY of_maps ON journal FOR SELECT TO gridcenter_web
  USING (topic = 'map' AND (SELECT actor_account()) IS NOT NULL);
CREATE POLICY confidentiality ON journal AS RESTRICTIVE FOR SELECT TO gridcenter_web
  USING (confidentiality <= (SELECT actor_clearance())
         OR reporter_account_id = (SELECT actor_account()));
CREATE POLICY append ON journal FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_account()) IS NOT NULL);
DROP TRIGGER IF EXISTS append_only ON journal;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Before a transaction takes its first number it claims, in a shared advisory lock that lasts until its
-- end, that all its numbers will be above the last one handed out so far. The lock's key is a tag in
-- the upper 16 bits and that number in the lower 48.
CREATE OR REPLACE FUNCTION claim_journal_numbers() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(
    (4490::bigint << 48)
    | (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM journal_number_seq));
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS claim ON journal;
CREATE TRIGGER claim BEFORE INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION claim_journal_numbers();

-- The number up to which the feed is settled: everything at or below it is committed or gone, so a
-- reader that asks for rows in a LATER statement can pass over them without skipping a late commit.
-- First the last number handed out, then the claims still held: who got a number up to the first had
-- claimed before, and is either seen among the claims or has ended. READ COMMITTED only.
CREATE OR REPLACE FUNCTION journal_horizon() RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  handed_out bigint;
  claimed bigint;
BEGIN
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO handed_out FROM journal_number_seq;
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO claimed
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 4490
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(handed_out, claimed);
END $$;

-- Whether there are committed entries above the horizon: somebody older is still writing.
CREATE OR REPLACE FUNCTION journal_waits() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  settled bigint := journal_horizon();
BEGIN
  RETURN EXISTS (SELECT FROM journal WHERE number > settled);
END $$;
GRANT EXECUTE ON FUNCTION journal_waits() TO gridcenter_web;

-- Tell listeners that there is something new: no contents.
CREATE OR REPLACE FUNCTION tell_journal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('gridcenter_journal', '');
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS tell ON journal;
CREATE TRIGGER tell AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION tell_journal();
