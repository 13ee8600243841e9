-- Whether a case in this state is still to be answered. The one list of states in SQL: it is inlined, so
-- a query with is_open(c.state) goes by the partial index case_file_open_location_idx, which holds the
-- same list. tests/gridcenter/casework holds this list against the procedures.
CREATE OR REPLACE FUNCTION is_open(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT state NOT IN ('closed', 'evaluated', 'rejected') $$;

-- The same as a list of states, for those who count over all cases: by the index that begins with the
-- state, `state = ANY ((SELECT open_states())::text[])` reads the open ones alone.
CREATE OR REPLACE FUNCTION open_states() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT p.state) FROM procedure_state p WHERE is_open(p.state)
$$;

-- Whether the next word in this state is the holder's: what somebody has in hand (在办). What waits for a
-- check or for closing is no work of the holder's any more. tests/gridcenter/casework holds this against the
-- procedures.
CREATE OR REPLACE FUNCTION in_hand(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT state IN ('dispatched', 'accepted', 'handling', 'rework', 'handled')
$$;
