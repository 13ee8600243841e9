-- What belongs to a case may be written by whoever sees the case, or in the very statement that opens it:
-- there the case file is not visible yet, to nobody. Existing cases are never new, whoever asks.
CREATE OR REPLACE FUNCTION case_is_new(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM case_file WHERE id = which);
END $$;
REVOKE EXECUTE ON FUNCTION case_is_new(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION case_is_new(uuid) TO gridcenter_web;

-- Five ways in to a case, each with an index of its own: its area, where it came in, the department in
-- charge, being its reporter, holding it. One bar for all of them: confidentiality.

SELECT protect_common_table('procedure');
SELECT protect_common_table('procedure_state');
SELECT protect_common_table('procedure_move');

SELECT protect_table('case_file');
GRANT SELECT, INSERT, UPDATE ON case_file TO gridcenter_web;
CREATE POLICY by_area ON case_file FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()));
CREATE POLICY by_intake ON case_file FOR SELECT TO gridcenter_web
  USING (intake_path <@ (SELECT actor_intake()));
CREATE POLICY by_department ON case_file FOR SELECT TO gridcenter_web
  USING (department_id = ANY ((SELECT actor_departments())::bigint[]));
CREATE POLICY by_reporter ON case_file FOR SELECT TO gridcenter_web
  USING (reporter_account_id = (SELECT actor_account()));
CREATE POLICY by_holder ON case_file FOR SELECT TO gridcenter_web
  USING (holder_account_id = (SELECT actor_account()));
-- The one case that this transaction has locked under the policies above and is about to write.
CREATE POLICY being_moved ON case_file FOR SELECT TO gridcenter_web
  USING (id = (SELECT nullif(current_setting('gridcenter.moving', true), '')::uuid));
CREATE POLICY opened ON case_file FOR INSERT TO gridcenter_web
  WITH CHECK (reporter_account_id = (SELECT actor_account()));
-- Which rows may be moved is decided by the rows that may be seen; what a move does, by the procedure.
CREATE POLICY moved ON case_file FOR UPDATE TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR intake_path <@ (SELECT actor_intake())
         OR department_id = ANY ((SELECT actor_departments())::bigint[])
         OR holder_account_id = (SELECT actor_account()))
  WITH CHECK ((SELECT actor_account()) IS NOT NULL);
-- One's own report stays readable even when its kind is confidential; the rest needs the clearance.
CREATE POLICY confidentiality ON case_file AS RESTRICTIVE FOR SELECT TO gridcenter_web
  USING (confidentiality <= (SELECT actor_clearance())
         OR reporter_account_id = (SELECT actor_account()));

SELECT protect_table('case_event');
GRANT SELECT, INSERT ON case_event TO gridcenter_web;
CREATE POLICY of_case ON case_event FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
CREATE POLICY append ON case_event FOR INSERT TO gridcenter_web
  WITH CHECK (account_id = (SELECT actor_account())
              AND (case_is_new(case_id) OR EXISTS (SELECT FROM case_file c WHERE c.id = case_id)));
DROP TRIGGER IF EXISTS append_only ON case_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON case_event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

SELECT protect_table('case_timer');
GRANT SELECT, INSERT, UPDATE ON case_timer TO gridcenter_web;
CREATE POLICY of_case ON case_timer FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
CREATE POLICY started ON case_timer FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_account()) IS NOT NULL
              AND (case_is_new(case_id) OR EXISTS (SELECT FROM case_file c WHERE c.id = case_id)));
CREATE POLICY stopped ON case_timer FOR UPDATE TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id))
  WITH CHECK ((SELECT actor_account()) IS NOT NULL);

-- What the feed says of a case is said by those who see it.
CREATE POLICY of_case ON journal AS RESTRICTIVE FOR INSERT TO gridcenter_web
  WITH CHECK (topic NOT IN ('case', 'photo') OR case_is_new(subject_id)
              OR EXISTS (SELECT FROM case_file c WHERE c.id = subject_id));

SELECT protect_table('attachment');
GRANT SELECT, INSERT ON attachment TO gridcenter_web;
CREATE POLICY of_case ON attachment FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
CREATE POLICY added ON attachment FOR INSERT TO gridcenter_web
  WITH CHECK (account_id = (SELECT actor_account())
              AND (SELECT actor_holds('{grid_worker,intake,dispatcher,duty_officer,handler}'))
              AND EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
DROP TRIGGER IF EXISTS append_only ON attachment;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON attachment
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
