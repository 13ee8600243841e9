SELECT protect_table('incident');
GRANT SELECT, INSERT, UPDATE ON incident TO gridcenter_web;
CREATE POLICY of_case ON incident FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id));
CREATE POLICY opened ON incident FOR INSERT TO gridcenter_web
  WITH CHECK ((SELECT actor_account()) IS NOT NULL
              AND (case_is_new(case_id) OR EXISTS (SELECT FROM case_file c WHERE c.id = case_id)));
CREATE POLICY changed ON incident FOR UPDATE TO gridcenter_web
  USING (EXISTS (SELECT FROM case_file c WHERE c.id = case_id)) WITH CHECK (true);
