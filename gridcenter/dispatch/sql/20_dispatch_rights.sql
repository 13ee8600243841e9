SELECT protect_table('dispatch_choice');
GRANT SELECT, INSERT ON dispatch_choice TO gridcenter_web;
CREATE POLICY dispatching ON dispatch_choice FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{dispatcher,duty_officer}'))
         AND EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
CREATE POLICY append ON dispatch_choice FOR INSERT TO gridcenter_web
  WITH CHECK (account_id = (SELECT actor_account())
              AND EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
DROP TRIGGER IF EXISTS append_only ON dispatch_choice;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON dispatch_choice
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
