-- Imports are the business of system administrators; nobody else sees what a file held.
SELECT protect_table('import_batch');
SELECT protect_table('import_finding');
SELECT protect_table('import_row');
GRANT SELECT, INSERT, UPDATE, DELETE ON import_batch, import_finding, import_row TO gridcenter_web;
CREATE POLICY administrated ON import_batch TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
CREATE POLICY administrated ON import_finding TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
CREATE POLICY administrated ON import_row TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
