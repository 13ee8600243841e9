-- Tell the planner what a large import has just written, inside its transaction. Only the owner may
-- analyze, so the writers call this; it reads nothing out and changes no row.
CREATE OR REPLACE FUNCTION analyze_written(what text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  CASE what
    WHEN 'areas' THEN ANALYZE area; ANALYZE area_version;
    WHEN 'buildings' THEN ANALYZE building;
  END CASE;
END $$;
GRANT EXECUTE ON FUNCTION analyze_written(text) TO gridcenter_web, gridcenter_worker;
