-- What a batch wrote is taken back: its versions and rows go, what was there before comes again.
-- Runs as the owner because administrators may not delete; asks for their post itself. Gives NULL when
-- done, else (nothing is changed then) why not and an example: {"why": …, "what": …}.
CREATE OR REPLACE FUNCTION take_back_import(which uuid) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  batch import_batch;
  mark text := which::text;
  held text;
  moved uuid[];
BEGIN
  IF session_user = 'gridcenter_web' AND NOT actor_holds('{system_admin}') THEN
    RETURN jsonb_build_object('why', 'not_found');
  END IF;
  SELECT * INTO batch FROM import_batch WHERE id = which FOR UPDATE;
  IF batch.kind = 'areas' THEN
    DROP TABLE IF EXISTS pg_temp.taken_back;
    CREATE TEMPORARY TABLE taken_back ON COMMIT DROP AS
      SELECT v.id, v.area_id, v.name, v.path, v.geom, v.valid, v.level, p.id AS previous,
             p.path AS old_path, p.geom AS old_geom
        FROM area_version v
        LEFT JOIN area_version p ON p.area_id = v.area_id AND upper(p.valid) = lower(v.valid)
       WHERE v.batch_id = mark;
    SELECT name INTO held FROM taken_back t WHERE NOT upper_inf(t.valid) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    SELECT c.number INTO held FROM case_file c JOIN taken_back t ON c.area_path <@ t.path
      OR (t.previous IS NULL AND c.intake_path <@ t.path)
     WHERE t.previous IS NULL OR c.opened_at >= lower(t.valid) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'case', 'what', held); END IF;
    SELECT v.name INTO held FROM area_version v JOIN taken_back t ON v.parent_id = t.area_id
     WHERE upper_inf(v.valid) AND v.batch_id IS DISTINCT FROM mark
       AND (t.previous IS NULL OR t.path <> t.old_path) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'below', 'what', held); END IF;
    SELECT b.code INTO held FROM building b JOIN taken_back t ON b.microgrid_id = t.area_id
     WHERE upper_inf(b.valid)
       AND (t.previous IS NULL OR NOT ST_Covers(t.old_geom, ST_PointOnSurface(b.geom))) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'building', 'what', held); END IF;
    SELECT w.code INTO held FROM duty d JOIN grid_worker w ON w.id = d.worker_id
      JOIN taken_back t ON d.area_id = t.area_id WHERE t.previous IS NULL LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'duty', 'what', held); END IF;
    SELECT t.name INTO held FROM taken_back t
     WHERE t.previous IS NULL
       AND (EXISTS (SELECT FROM posting p WHERE p.area_path <@ t.path)
            OR EXISTS (SELECT FROM area_setting s WHERE s.path <@ t.path)
            OR EXISTS (SELECT FROM department d WHERE d.area_path <@ t.path)) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'used', 'what', held); END IF;
    DELETE FROM area_version v USING taken_back t WHERE v.id = t.id;
    UPDATE area_version v SET valid = tstzrange(lower(v.valid), NULL)
      FROM taken_back t WHERE v.id = t.previous;
    DELETE FROM area a USING taken_back t WHERE a.id = t.area_id AND t.previous IS NULL
       AND NOT EXISTS (SELECT FROM area_version v WHERE v.area_id = a.id);
    DROP TABLE taken_back;
  ELSIF batch.kind = 'buildings' THEN
    SELECT b.code INTO held FROM import_before o JOIN building b ON b.id = o.key::uuid
     WHERE o.batch_id = which AND o.thing = 'building'
       AND (b.batch_id IS DISTINCT FROM mark OR NOT upper_inf(b.valid)
            OR b.version <> (o.before->>'version')::integer + 1) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    -- Another batch has found it as this one had left it.
    SELECT coalesce(b.code, o.key) INTO held FROM import_before o
      LEFT JOIN building b ON b.id = o.key::uuid
     WHERE o.thing = 'building' AND o.before->>'batch_id' = mark LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    SELECT b.code INTO held FROM building b
     WHERE b.batch_id = mark AND (b.version > 1 OR NOT upper_inf(b.valid))
       AND NOT EXISTS (SELECT FROM import_before o WHERE o.batch_id = which AND o.key = b.id::text)
     LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    SELECT b.code INTO held FROM building b
     WHERE b.batch_id = mark AND EXISTS (SELECT FROM dwelling d WHERE d.building_id = b.id)
       AND NOT EXISTS (SELECT FROM import_before o WHERE o.batch_id = which AND o.key = b.id::text)
     LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'dwelling', 'what', held); END IF;
    SELECT array_agg(o.key::uuid) INTO moved FROM import_before o
     WHERE o.batch_id = which AND o.thing = 'building';
    DELETE FROM building b WHERE b.batch_id = mark AND NOT (b.id = ANY (coalesce(moved, '{}')));
    -- Where the micro-grid has been redrawn meanwhile, the building stands where it stands now.
    UPDATE building b
       SET name = o.before->>'name', microgrid_id = home.area_id, area_path = home.path,
           geom = o.geom, floors = (o.before->>'floors')::smallint,
           height_m = (o.before->>'height_m')::float8,
           height_derived = (o.before->>'height_derived')::boolean, usage = o.before->>'usage',
           footprint_m2 = (o.before->>'footprint_m2')::float8,
           households_estimated = (o.before->>'households_estimated')::integer,
           source = o.before->>'source', batch_id = o.before->>'batch_id', version = b.version + 1
      FROM import_before o
     CROSS JOIN LATERAL home_at(ST_PointOnSurface(o.geom)) home
     WHERE o.batch_id = which AND o.thing = 'building' AND b.id = o.key::uuid;
    PERFORM rehome_dwellings(moved);
  ELSIF batch.kind = 'workers' THEN
    SELECT coalesce(w.code, o.key) INTO held FROM import_before o
      LEFT JOIN grid_worker w ON o.thing = 'worker' AND w.id::text = o.key
     WHERE o.batch_id = which AND o.thing = 'worker' AND to_jsonb(w) IS DISTINCT FROM o.after LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    SELECT o.after->>'area_path' INTO held FROM import_before o
      LEFT JOIN duty d ON d.id::text = o.key
     WHERE o.batch_id = which AND o.thing = 'duty' AND to_jsonb(d) IS DISTINCT FROM o.after LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'changed', 'what', held); END IF;
    SELECT w.code INTO held FROM import_before o JOIN grid_worker w ON w.id::text = o.key
     WHERE o.batch_id = which AND o.thing = 'worker' AND o.before IS NULL
       AND (EXISTS (SELECT FROM worker_position p WHERE p.worker_id = w.id)
            OR EXISTS (SELECT FROM duty d WHERE d.worker_id = w.id AND NOT EXISTS
                 (SELECT FROM import_before x WHERE x.batch_id = which AND x.thing = 'duty'
                                                AND x.key = d.id::text))) LIMIT 1;
    IF held IS NOT NULL THEN RETURN jsonb_build_object('why', 'duty', 'what', held); END IF;
    DELETE FROM duty d USING import_before o
     WHERE o.batch_id = which AND o.thing = 'duty' AND d.id::text = o.key;
    DELETE FROM grid_worker w USING import_before o
     WHERE o.batch_id = which AND o.thing = 'worker' AND o.before IS NULL AND w.id::text = o.key;
    UPDATE grid_worker w
       SET display_name = o.before->>'display_name', employment = o.before->>'employment',
           capacity = (o.before->>'capacity')::smallint, area_path = (o.before->>'area_path')::ltree,
           batch_id = o.before->>'batch_id'
      FROM import_before o
     WHERE o.batch_id = which AND o.thing = 'worker' AND o.before IS NOT NULL AND w.id::text = o.key;
  ELSIF batch.kind = 'reference' THEN
    DELETE FROM reference_feature WHERE batch_id = which;
  ELSE
    RETURN jsonb_build_object('why', 'kind', 'what', batch.kind);
  END IF;
  DELETE FROM import_before WHERE batch_id = which;
  UPDATE import_batch SET state = 'undone', undone_at = now() WHERE id = which;
  RETURN NULL;
EXCEPTION WHEN foreign_key_violation THEN
  GET STACKED DIAGNOSTICS held = TABLE_NAME;
  RETURN jsonb_build_object('why', 'used', 'what', held);
END $$;
REVOKE EXECUTE ON FUNCTION take_back_import(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_back_import(uuid) TO gridcenter_web, gridcenter_worker;
