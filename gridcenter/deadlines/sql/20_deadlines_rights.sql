SELECT protect_common_table('calendar_day');
SELECT protect_common_table('working_period');
