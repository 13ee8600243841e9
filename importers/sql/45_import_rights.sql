-- Imports are the business of system administrators; nobody else sees what a file held.
DO $$
DECLARE staging text;
BEGIN
  FOREACH staging IN ARRAY ARRAY['import_batch', 'import_finding', 'import_row', 'import_before',
                               'import_mapping'] LOOP
    CONTINUE WHEN to_regclass(staging) IS NULL;  -- a database that stops at an earlier revision
    PERFORM protect_table(staging::regclass);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO gridcenter_web', staging);
    EXECUTE format('CREATE POLICY administrated ON %I TO gridcenter_web'
                   ' USING ((SELECT actor_holds(''{system_admin}'')))'
                   ' WITH CHECK ((SELECT actor_holds(''{system_admin}'')))', staging);
  END LOOP;
END $$;

-- Roads, water and places are on everybody's map; administrators import them.
DO $$
BEGIN
  IF to_regclass('reference_feature') IS NOT NULL THEN
    PERFORM protect_common_table('reference_feature');
    GRANT INSERT, UPDATE ON reference_feature TO gridcenter_web;
    CREATE POLICY administrated ON reference_feature TO gridcenter_web
      USING ((SELECT actor_holds('{system_admin}')))
      WITH CHECK ((SELECT actor_holds('{system_admin}')));
  END IF;
END $$;
