"""What every screen shows of an incident: parts of SQL over `case_file c` and its `catalogue_item i`."""

from __future__ import annotations

# Those that is_open() of SQL leaves out.
CLOSED_STATES = ("closed", "evaluated", "rejected")

# The time state of a case: which stroke and colour it gets. `soon` begins when less is left than a quarter
# of the stage or one hour, whichever is more, but never before half of the stage is over
# (docs/decisions/0007).
_SOON = """
least(greatest((c.due_at - c.stage_started_at) / 4, interval '1 hour'),
      (c.due_at - c.stage_started_at) / 2)
"""
TIME_STATE = f"""
CASE WHEN NOT is_open(c.state) THEN 'closed'
     WHEN c.due_at IS NULL THEN 'stopped'
     WHEN c.due_at <= now() THEN 'overdue'
     WHEN c.due_at - now() < {_SOON} THEN 'soon'
     ELSE 'in_time' END
"""

SUMMARY = f"""
'id', c.id, 'number', c.number, 'state', c.state, 'severity', c.severity, 'channel', c.channel,
'matter', json_build_object('code', i.code, 'name', i.name, 'name_en', i.name_en),
'area_path', c.area_path::text, 'place', c.place, 'address', c.address, 'outside', c.area_path IS NULL,
'lon', round(ST_X(c.location)::numeric, 7), 'lat', round(ST_Y(c.location)::numeric, 7),
'stage', c.stage, 'limit_unit', c.limit_unit, 'due_at', c.due_at, 'soon_at', c.due_at - {_SOON},
'close_due_at', c.close_due_at, 'time_state', {TIME_STATE},
'opened_at', c.opened_at, 'changed_at', c.changed_at, 'closed_at', c.closed_at,
'returns', c.returns, 'reworks', c.reworks, 'synthetic', c.synthetic, 'version', c.version
"""
