-- The job queue is the worker's own; pages do not see it.
GRANT USAGE ON SCHEMA jobs TO gridcenter_worker;
GRANT ALL ON ALL TABLES IN SCHEMA jobs TO gridcenter_worker;
GRANT ALL ON ALL SEQUENCES IN SCHEMA jobs TO gridcenter_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO gridcenter_worker;
