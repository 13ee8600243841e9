-- Whole seconds between two moments, each cut to its second, so that the earlier one cut to its second
-- is found again by subtraction (period borders are whole seconds).
CREATE OR REPLACE FUNCTION seconds_between(earlier timestamptz, later timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT floor(extract(epoch FROM later))::bigint - floor(extract(epoch FROM earlier))::bigint $$;

-- Whole seconds of working time between two moments, by the common working periods and the calendar
-- (DOMAIN indicator 18). A year whose holidays nobody imported follows the week: a figure of the past
-- promises nothing. The spans are those of deadlines/rules.py.
CREATE OR REPLACE FUNCTION working_seconds(earlier timestamptz, later timestamptz, zone text)
RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(sum(greatest(0, seconds_between(greatest(earlier, s.starts_at), least(later, s.ends_at)))), 0)
           ::bigint
    FROM generate_series((earlier AT TIME ZONE zone)::date::timestamp,
                         (later AT TIME ZONE zone)::date::timestamp, '1 day') g(day)
    LEFT JOIN calendar_day c ON c.day = g.day::date
    JOIN (SELECT p.starts, p.ends, p.valid FROM working_period p
          UNION ALL
          SELECT d.starts, d.ends, NULL
            FROM (VALUES (time '08:00', time '12:00'), (time '14:00', time '18:00')) d(starts, ends)
           WHERE NOT EXISTS (SELECT FROM working_period)) w
      ON w.valid IS NULL OR w.valid @> g.day::date
   CROSS JOIN LATERAL (SELECT (g.day + w.starts) AT TIME ZONE zone AS starts_at,
                              (g.day + w.ends) AT TIME ZONE zone AS ends_at) s
   WHERE coalesce(c.working, extract(isodow FROM g.day) < 6)
$$;

-- The facts of all cases between two moments (from included, upto not), with the local day of `zone`.
-- One definition for closed days and for today:
--   reported  first report
--   filed     filing;           unfiled   return to intake afterwards; seconds since that filing
--   handled   handled;          seconds of working time from first dispatch to this handling, NULL
--             without a dispatch
--   reworked  failed check, takes the handling before it back; seconds since that handling
--   due       the closing limit of a filed case fell into this time; on_time: closed before it
--   undue     return to intake after the closing limit; seconds since that limit
--   closed    closed; on_time: before its closing limit, NULL without one
--   late      closed after its closing limit; seconds since that limit
-- What happened later does not change them: `unfiled`, `undue`, `reworked`, `late` are facts of their
-- own day and say by their seconds what they speak of.
-- Reports count by the server's time, or a phone that was long without a signal would add to closed days.
CREATE OR REPLACE FUNCTION derive_facts(from_at timestamptz, upto_at timestamptz, zone text)
RETURNS TABLE (day date, fact text, kind text, case_id uuid, item_id bigint, area_path ltree,
               intake_path ltree, department_id bigint, channel text, confidentiality smallint,
               at timestamptz, seconds bigint, on_time boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH said AS MATERIALIZED (
    SELECT e.case_id, e.at, e.version,
           CASE e.operation WHEN 'report' THEN 'reported' WHEN 'file' THEN 'filed'
                            WHEN 'return' THEN 'unfiled' WHEN 'handle' THEN 'handled'
                            WHEN 'check' THEN 'reworked' ELSE 'closed' END AS fact
      FROM case_event e
     WHERE e.at >= from_at AND e.at < upto_at
       AND (e.operation IN ('report', 'file', 'close')
            OR e.operation = 'return' AND e.to_state = 'reported'
            OR e.operation = 'handle' AND e.to_state = 'handled'
            OR e.operation = 'check' AND e.to_state = 'rework')
  ), maybe_due AS (
    -- Case files carry the running closing limit; an older one was undone by a return to intake.
    SELECT c.id FROM case_file c WHERE c.close_due_at >= from_at AND c.close_due_at < upto_at
    UNION
    SELECT e.case_id FROM case_event e
     WHERE e.at >= from_at AND e.operation = 'return' AND e.to_state = 'reported'
  ), due AS (
    SELECT t.case_id, t.due_at, k.at IS NOT NULL AS on_time
      FROM maybe_due m
      JOIN case_timer t ON t.case_id = m.id AND t.stage = 'close'
                       AND t.due_at >= from_at AND t.due_at < upto_at
      LEFT JOIN LATERAL (SELECT e.at FROM case_event e
                          WHERE e.case_id = t.case_id AND e.operation = 'close'
                            AND e.at >= t.started_at AND e.at <= t.due_at LIMIT 1) k ON true
     WHERE t.stopped_at IS NULL OR t.stopped_at >= t.due_at OR k.at IS NOT NULL
  ), facts AS (
    SELECT s.case_id, s.fact, s.at, NULL::bigint AS seconds, NULL::boolean AS on_time
      FROM said s WHERE s.fact IN ('reported', 'filed')
    UNION ALL
    SELECT s.case_id, s.fact, s.at, seconds_between(f.at, s.at), NULL
      FROM said s
      LEFT JOIN LATERAL (SELECT e.at FROM case_event e
                          WHERE e.case_id = s.case_id AND e.version < s.version
                            AND (s.fact = 'unfiled' AND e.operation = 'file'
                                 OR s.fact = 'reworked' AND e.operation = 'handle'
                                    AND e.to_state = 'handled')
                            AND e.operation IN ('file', 'handle')
                          ORDER BY e.version DESC LIMIT 1) f ON true
     WHERE s.fact IN ('unfiled', 'reworked')
    UNION ALL
    SELECT s.case_id, s.fact, s.at, working_seconds(d.at, s.at, zone), NULL
      FROM said s
      LEFT JOIN LATERAL (SELECT e.at FROM case_event e
                          WHERE e.case_id = s.case_id AND e.operation = 'dispatch'
                            AND e.version < s.version ORDER BY e.version LIMIT 1) d ON true
     WHERE s.fact = 'handled'
    UNION ALL
    SELECT d.case_id, 'due', d.due_at, NULL, d.on_time FROM due d
    UNION ALL
    SELECT s.case_id, x.fact, s.at, x.seconds, x.on_time
      FROM said s
      LEFT JOIN LATERAL (SELECT l.due_at FROM case_timer l
                          WHERE l.case_id = s.case_id AND l.stage = 'close' AND l.started_at <= s.at
                          ORDER BY l.started_at DESC, l.id DESC LIMIT 1) t ON true
      CROSS JOIN LATERAL (
             SELECT 'closed' AS fact, NULL::bigint AS seconds, s.at <= t.due_at AS on_time
              WHERE s.fact = 'closed'
             UNION ALL
             SELECT CASE s.fact WHEN 'closed' THEN 'late' ELSE 'undue' END,
                    seconds_between(t.due_at, s.at), NULL::boolean
              WHERE s.fact = 'closed' AND t.due_at < s.at OR s.fact = 'unfiled' AND t.due_at <= s.at
           ) x
     WHERE s.fact IN ('closed', 'unfiled')
  ), dated AS (
    SELECT f.*, (f.at AT TIME ZONE zone)::date AS day FROM facts f
  )
  SELECT d.day, d.fact, c.kind, d.case_id, c.item_id,
         -- The area of that moment: a redraw afterwards has moved the case, not what happened before.
         coalesce((SELECT (e.data->>'from')::ltree FROM case_event e
                    WHERE e.case_id = d.case_id AND e.operation = 'rehome' AND e.at > d.at
                    ORDER BY e.at LIMIT 1), c.area_path), c.intake_path,
         -- The department in charge at the end of that day: the last dispatch, if it went to one and
         -- no return has undone it. Without one now and without a return there never was any.
         CASE WHEN c.department_id IS NOT NULL OR c.returns > 0
              THEN (SELECT (SELECT p.id FROM department p
                             WHERE l.operation = 'dispatch' AND p.code = l.dispatched_to)
                      FROM (SELECT e.operation, e.data->>'to' AS dispatched_to
                              FROM case_event e
                             WHERE e.case_id = d.case_id AND e.operation IN ('dispatch', 'return')
                               AND e.at < least(upto_at, (d.day + 1)::timestamp AT TIME ZONE zone)
                             ORDER BY e.version DESC LIMIT 1) l) END,
         c.channel, c.confidentiality, d.at, d.seconds, d.on_time
    FROM dated d JOIN case_file c ON c.id = d.case_id
$$;

-- The facts of the days that nobody has closed yet, under the rights of the acting account. It runs as
-- the owner and says the policies of case_fact itself, so that today is counted by the very same ways
-- in as closed days are; without a scope it is empty.
CREATE OR REPLACE FUNCTION live_facts(from_day date, upto_day date, upto_at timestamptz, zone text)
RETURNS TABLE (day date, fact text, kind text, case_id uuid, item_id bigint, area_path ltree,
               intake_path ltree, department_id bigint, channel text, confidentiality smallint,
               at timestamptz, seconds bigint, on_time boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
-- A day is small: starting parallel workers took longer than the day.
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  first_day date;
  last_day date;
BEGIN
  SELECT min(d), max(d) INTO first_day, last_day
    FROM (SELECT g::date AS d
            FROM generate_series(from_day::timestamp,
                                 least(upto_day, (upto_at AT TIME ZONE zone)::date), '1 day') g) days
   WHERE NOT EXISTS (SELECT FROM closed_day k WHERE k.day = d);
  IF first_day IS NULL OR actor_account() IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT f.* FROM derive_facts(first_day::timestamp AT TIME ZONE zone,
                                 least((last_day + 1)::timestamp AT TIME ZONE zone, upto_at), zone) f
     WHERE (f.area_path <@ actor_areas() OR f.intake_path <@ actor_intake()
            OR f.department_id = ANY (actor_departments()))
       AND NOT EXISTS (SELECT FROM closed_day k WHERE k.day = f.day);
END $$;
REVOKE EXECUTE ON FUNCTION live_facts(date, date, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION live_facts(date, date, timestamptz, text)
  TO gridcenter_web, gridcenter_worker;

-- What a day comes to, for its area and for every area above it, so that no figure of a street has to
-- read each case. Only failed checks are read one by one, since they take a length out of a set.
DROP FUNCTION IF EXISTS sum_day(date);
DROP FUNCTION IF EXISTS sum_day(date, text);
CREATE FUNCTION sum_day(of_day date, zone text) RETURNS TABLE (
  day date, kind text, area text, area_path ltree, department_id bigint, confidentiality smallint,
  reported integer, filed integer, closed integer, due integer, due_on_time integer, times bigint[],
  unfiled integer[], undue integer[], late integer[])
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT f.day, f.kind, f.path::text, f.path, f.department_id, f.confidentiality,
         count(*) FILTER (WHERE f.fact = 'reported')::int, count(*) FILTER (WHERE f.fact = 'filed')::int,
         count(*) FILTER (WHERE f.fact = 'closed')::int, count(*) FILTER (WHERE f.fact = 'due')::int,
         count(*) FILTER (WHERE f.fact = 'due' AND f.on_time)::int,
         array_agg(f.seconds ORDER BY f.seconds)
           FILTER (WHERE f.fact = 'handled' AND f.seconds IS NOT NULL),
         array_agg(f.days_ago) FILTER (WHERE f.fact = 'unfiled'),
         array_agg(f.days_ago) FILTER (WHERE f.fact = 'undue'),
         array_agg(f.days_ago) FILTER (WHERE f.fact = 'late')
    FROM (SELECT c.*, subpath(c.area_path, 0, depth) AS path,
                 c.day - (to_timestamp(floor(extract(epoch FROM c.at)) - c.seconds)
                          AT TIME ZONE zone)::date AS days_ago
            FROM case_fact c, generate_series(1, nlevel(c.area_path)) depth
           WHERE c.day = of_day AND c.area_path IS NOT NULL) f
   GROUP BY 1, 2, 4, 5, 6
$$;
