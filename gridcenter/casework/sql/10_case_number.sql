-- The next case number of a local day, e.g. 20261120-0043. Numbers come from one sequence, so that
-- reporters do not queue behind one another; the first case of a day notes where the day begins.
-- Gaps are allowed (a rolled-back report), repeats are not.
CREATE OR REPLACE FUNCTION next_case_number(local_day date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  base bigint;
  taken bigint := nextval('case_number_seq');
BEGIN
  SELECT first_number INTO base FROM case_number_day WHERE day = local_day;
  IF base IS NULL THEN
    INSERT INTO case_number_day (day, first_number) VALUES (local_day, taken)
    ON CONFLICT (day) DO NOTHING;
    SELECT first_number INTO base FROM case_number_day WHERE day = local_day;
    IF base IS NULL OR base > taken THEN
      base := taken;
    END IF;
  END IF;
  taken := taken - base + 1;
  -- lpad would cut the tenth thousandth case of a day to four digits.
  RETURN to_char(local_day, 'YYYYMMDD') || '-'
         || lpad(taken::text, greatest(4, length(taken::text)), '0');
END $$;
GRANT EXECUTE ON FUNCTION next_case_number(date) TO gridcenter_web, gridcenter_worker;
SELECT protect_table('case_number_day');
