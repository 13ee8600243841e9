-- Workers and duties are seen by those whose area holds them, by intake, by system administrators
-- (who keep them up to date), and each worker sees the own row.
SELECT protect_table('grid_worker');
GRANT SELECT, INSERT, UPDATE ON grid_worker TO gridcenter_web;
CREATE POLICY by_area ON grid_worker FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR area_path <@ (SELECT actor_intake())
         OR account_id = (SELECT actor_account()));
CREATE POLICY administrated ON grid_worker TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

SELECT protect_table('duty');
GRANT SELECT, INSERT, UPDATE, DELETE ON duty TO gridcenter_web;
CREATE POLICY by_area ON duty FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR area_path <@ (SELECT actor_intake()));
CREATE POLICY own ON duty FOR SELECT TO gridcenter_web
  USING (EXISTS (SELECT FROM grid_worker w
                  WHERE w.id = worker_id AND w.account_id = (SELECT actor_account())));
CREATE POLICY administrated ON duty TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

-- A position is seen by those who dispatch, not by colleagues.
SELECT protect_table('worker_position');
GRANT SELECT, INSERT, UPDATE ON worker_position TO gridcenter_web;
CREATE POLICY dispatching ON worker_position FOR SELECT TO gridcenter_web
  USING ((SELECT actor_holds('{dispatcher,duty_officer}'))
         AND EXISTS (SELECT FROM grid_worker w WHERE w.id = worker_id
                      AND w.area_path <@ (SELECT actor_areas())));
CREATE POLICY own ON worker_position TO gridcenter_web
  USING (EXISTS (SELECT FROM grid_worker w
                  WHERE w.id = worker_id AND w.account_id = (SELECT actor_account())))
  WITH CHECK (EXISTS (SELECT FROM grid_worker w
                       WHERE w.id = worker_id AND w.account_id = (SELECT actor_account())));
