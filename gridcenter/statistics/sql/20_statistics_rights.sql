SELECT protect_common_table('indicator');
SELECT protect_common_table('closed_day');
-- Figures are the same for everybody who may see the area, on wall, page and API: restricted cases count,
-- and facts hold no more than moments and lengths. What they were about, lists show only to those who
-- are cleared (statistics/lists.py; docs/decisions/0017-figures-count-restricted-cases.md).
SELECT protect_table('case_fact');
GRANT SELECT ON case_fact TO gridcenter_web;
CREATE POLICY by_area ON case_fact FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()));
CREATE POLICY by_intake ON case_fact FOR SELECT TO gridcenter_web
  USING (intake_path <@ (SELECT actor_intake()));
CREATE POLICY by_department ON case_fact FOR SELECT TO gridcenter_web
  USING (department_id = ANY ((SELECT actor_departments())::bigint[]));

-- Sums of facts inside areas: seen like the facts themselves.
SELECT protect_table('day_sum');
GRANT SELECT ON day_sum TO gridcenter_web;
CREATE POLICY by_area ON day_sum FOR SELECT TO gridcenter_web
  USING (area_path <@ (SELECT actor_areas()) OR area_path <@ (SELECT actor_intake())
         OR department_id = ANY ((SELECT actor_departments())::bigint[]));
