-- The words of the trade are read by all and changed by upgrades only.
SELECT protect_common_table('catalogue_item');
SELECT protect_common_table('matter');
SELECT protect_common_table('filing_condition');
SELECT protect_common_table('channel');
