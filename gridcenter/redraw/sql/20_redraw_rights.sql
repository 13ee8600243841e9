-- Plans are drawn by officials of the area and by system administrators, approved by duty officers of the
-- area and by system administrators (docs/decisions/0019-redraw-is-governed.md). Others in the area see what
-- was approved. What a plan does at its hour is done by the job worker.
SELECT protect_table('redraw_plan');
GRANT SELECT, INSERT, UPDATE ON redraw_plan TO gridcenter_web;
CREATE POLICY by_area ON redraw_plan FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas())
         AND ((SELECT actor_holds('{official,duty_officer}')) OR state IN ('approved', 'effective')));
CREATE POLICY administrated ON redraw_plan FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}')));
CREATE POLICY drawn ON redraw_plan FOR INSERT TO gridcenter_web
  WITH CHECK (author_account_id = (SELECT actor_account())
              AND ((SELECT actor_holds('{system_admin}'))
                   OR (SELECT actor_holds('{official}')) AND area_path <@ (SELECT actor_areas())));
CREATE POLICY moved ON redraw_plan FOR UPDATE TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))
         OR (SELECT actor_holds('{official,duty_officer}')) AND area_path <@ (SELECT actor_areas()))
  WITH CHECK (state <> 'effective');

SELECT protect_table('redraw_item');
GRANT SELECT, INSERT, UPDATE, DELETE ON redraw_item TO gridcenter_web;
CREATE POLICY of_plan ON redraw_item FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM redraw_plan p WHERE p.id = plan_id));
CREATE POLICY drawn ON redraw_item TO gridcenter_web
  USING ((SELECT actor_holds('{official,system_admin}'))
         AND EXISTS (SELECT FROM redraw_plan p WHERE p.id = plan_id AND p.state IN ('draft', 'checked')))
  WITH CHECK (account_id = (SELECT actor_account()));

SELECT protect_table('redraw_change');
GRANT SELECT ON redraw_change TO gridcenter_web;
CREATE POLICY of_plan ON redraw_change FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM redraw_plan p WHERE p.id = plan_id));

-- Who came from whom is common knowledge inside the house, like the map itself.
SELECT protect_common_table('area_lineage');
