-- The map of areas is common knowledge inside the house; only jobs and imports write it.
SELECT protect_common_table('area');
SELECT protect_common_table('area_version');
SELECT protect_common_table('area_external_code');
SELECT protect_common_table('area_setting');

-- Imports are made by system administrators through the web role.
GRANT INSERT, UPDATE ON area, area_version, area_external_code TO gridcenter_web;
CREATE POLICY administrated ON area TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
CREATE POLICY administrated ON area_version TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
CREATE POLICY administrated ON area_external_code TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));

-- Areas in force now.
CREATE OR REPLACE VIEW area_now WITH (security_invoker = true) AS
  SELECT a.id, a.code, a.code_scheme, a.level, a.kind, v.id AS version_id, v.parent_id, v.name, v.name_en,
         v.path, v.geom, v.area_m2, v.perimeter_m, v.households, v.valid, v.source, v.is_example
    FROM area a JOIN area_version v ON v.area_id = a.id
   WHERE upper_inf(v.valid);
GRANT SELECT ON area_now TO gridcenter_web, gridcenter_worker;

-- Faults of boundaries are common knowledge; checks and repairs are made by system administrators.
SELECT protect_common_table('area_fault');
GRANT INSERT, UPDATE ON area_fault TO gridcenter_web;
CREATE POLICY administrated ON area_fault TO gridcenter_web
  USING ((SELECT actor_holds('{system_admin}'))) WITH CHECK ((SELECT actor_holds('{system_admin}')));
