-- What is there is seen by those whose area it is. Handlers, intake and walls see buildings (the map needs
-- them) but no dwellings and no households. Pages change neither of them.
SELECT protect_table('building');
GRANT SELECT, INSERT, UPDATE ON building TO gridcenter_web;
CREATE POLICY by_area ON building FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR area_path <@ (SELECT actor_intake()));
CREATE POLICY administrated ON building TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

SELECT protect_table('dwelling');
GRANT SELECT ON dwelling TO gridcenter_web;
CREATE POLICY by_area ON dwelling FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas())
         AND (SELECT actor_holds('{grid_worker,dispatcher,duty_officer,official}')));

SELECT protect_table('household');
GRANT SELECT ON household TO gridcenter_web;
CREATE POLICY by_area ON household FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas())
         AND (SELECT actor_holds('{grid_worker,dispatcher,duty_officer,official}')));
