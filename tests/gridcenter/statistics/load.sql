-- Fifty thousand incidents in 42 local days before `day`, at micro-grids of the sample, with events
-- and clocks as the product writes them. Parameters: %(n)s incidents, %(day)s first day after them.
WITH grids AS (
  SELECT array_agg(path ORDER BY path) AS paths, array_agg(ST_PointOnSurface(geom) ORDER BY path) AS points
    FROM area_version WHERE level = 'microgrid' AND upper_inf(valid)
), drawn AS MATERIALIZED (
  SELECT g, md5('case' || g)::uuid AS id, 1 + (g * 7919) %% cardinality(grids.paths) AS place,
         (%(day)s::date - 42)::timestamp AT TIME ZONE 'Asia/Shanghai'
           + (g::float8 / %(n)s) * interval '42 days' AS opened,
         (g * 31) %% 97 AS pick, (g * 17) %% 100 AS fate, g %% 10 AS tenth, paths, points
    FROM generate_series(1, %(n)s) g CROSS JOIN grids
), timed AS (
  SELECT d.*, opened + interval '7 minutes' AS filed, opened + interval '18 minutes' AS dispatched,
         opened + interval '40 minutes' + (fate * interval '29 minutes') AS handled,
         opened + interval '70 minutes' + (fate * interval '31 minutes') AS closed,
         opened + interval '2 days' AS due,
         CASE WHEN tenth = 0 THEN 1 + g %% 5 END AS department
    FROM drawn d
), staged AS (
  SELECT t.*, CASE WHEN fate < 3 THEN 'rejected'
                   WHEN closed < %(day)s::timestamp AT TIME ZONE 'Asia/Shanghai' THEN 'closed'
                   WHEN handled < %(day)s::timestamp AT TIME ZONE 'Asia/Shanghai' THEN 'handled'
                   ELSE 'dispatched' END AS state
    FROM timed t
), items AS (
  SELECT array_agg(id ORDER BY id) AS ids FROM catalogue_item WHERE kind = 'matter'
), cases AS (
  INSERT INTO case_file (id, number, kind, item_id, procedure_id, state, severity, area_path,
                         intake_path, department_id, channel, description, place, stage, due_at,
                         close_due_at, stage_started_at, opened_at, filed_at, handled_at, closed_at,
                         location, content_hash, synthetic, version)
  SELECT s.id, 'L' || g, 'incident', i.ids[1 + pick %% cardinality(i.ids)], p.id, s.state, 'general',
         paths[place], paths[place], department, 'grid_worker', 'load', 'load',
         CASE WHEN s.state IN ('handled', 'dispatched') THEN 'handle' END,
         CASE WHEN s.state IN ('handled', 'dispatched') THEN due END,
         CASE WHEN s.state <> 'rejected' THEN due END, opened, opened,
         CASE WHEN s.state <> 'rejected' THEN filed END,
         CASE WHEN s.state IN ('handled', 'closed') THEN handled END,
         CASE WHEN s.state = 'closed' THEN closed END,
         ST_Translate(points[place], (fate - 50) * 2e-6, (tenth - 5) * 2e-5), '\x00', true, 6
    FROM staged s CROSS JOIN items i CROSS JOIN (SELECT id FROM procedure WHERE current) p
  RETURNING id
), events AS (
  INSERT INTO case_event (case_id, version, operation, from_state, to_state, at, happened_at, data)
  SELECT s.id, e.version, e.operation, e.from_state, e.to_state, e.at, e.at,
         CASE WHEN e.operation = 'dispatch' THEN jsonb_build_object('to',
                coalesce((SELECT code FROM department WHERE id = s.department), 'worker')) ELSE '{}' END
    FROM staged s, LATERAL (VALUES
      (1, 'report', NULL, 'reported', opened, true),
      (2, 'reject', 'reported', 'rejected', filed, s.state = 'rejected'),
      (2, 'file', 'reported', 'filed', filed, s.state <> 'rejected'),
      (3, 'dispatch', 'filed', 'dispatched', dispatched, s.state <> 'rejected'),
      (4, 'accept', 'dispatched', 'accepted', dispatched + interval '5 minutes', s.state IN ('handled', 'closed')),
      (5, 'handle', 'accepted', 'handled', handled, s.state IN ('handled', 'closed')),
      (6, 'feedback', 'handled', 'feedback', handled + interval '5 minutes', s.state = 'closed'),
      (7, 'check', 'feedback', 'checking', handled + interval '9 minutes', s.state = 'closed'),
      (8, 'close', 'checking', 'closed', closed, s.state = 'closed')
    ) AS e (version, operation, from_state, to_state, at, real)
   WHERE e.real
  RETURNING id
)
INSERT INTO case_timer (case_id, stage, limit_amount, limit_unit, started_at, due_at, original_due_at,
                        stopped_at)
SELECT s.id, t.stage, 1, 'natural_day', s.filed, t.due_at, t.due_at,
       CASE WHEN s.state = 'closed' THEN s.closed END
  FROM staged s, LATERAL (VALUES ('handle', due - interval '4 hours'), ('close', due)) AS t (stage, due_at)
 WHERE s.state <> 'rejected'
