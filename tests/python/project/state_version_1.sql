-- The state as schema version 1 made it, and the models of that time. Never changed: states of
-- this shape are out there.
create schema dev;
use dev;
create table schema_versions (version_number bigint, applied_at timestamp);
create table identity_overrides (
    override_id text, instruction text, left_record_id text, right_record_id text,
    identifier_type text, identifier_value text, reason text, created_by text,
    created_at timestamp, valid_until timestamp
);
create table suppressed_identifiers (
    identifier_type text, identifier_hash text, key_version text, request_id text,
    suppressed_at timestamp
);
create table privacy_request_results (
    request_id text, table_name text, action text, row_count bigint, finished_at timestamp
);
create table sync_runs (
    run_id text, sync_name text, destination text, model_name text, mode text, status text,
    error_code text, source_row_count bigint, invalid_row_count bigint,
    held_back_row_count bigint, added_row_count bigint, changed_row_count bigint,
    removed_row_count bigint, removed_for_privacy_row_count bigint, unchanged_row_count bigint,
    rejected_row_count bigint, started_at timestamp, finished_at timestamp
);
create table sync_log (
    run_id text, sync_name text, sync_key text, operation text, reason text, status text,
    error_code text, row_hash text, logged_at timestamp
);
create table sync_state (
    sync_name text, sync_key text, customer_id text, row_hash text,
    first_acknowledged_at timestamp, last_acknowledged_at timestamp, last_run_id text
);
create table identity_assignments (
    assignment_id text, record_id text, customer_id text, previous_customer_id text,
    change_type text, run_id text, run_number bigint, recorded_at timestamp
);
create table identity_match_model (
    model_id text, comparison text, level text, reason text, m double, u double, weight double,
    pair_count bigint, model_number bigint, trained_at timestamp
);
create table segment_memberships (
    membership_id text, segment_name text, customer_id text, customer_id_at_entry text,
    entered_at timestamp, left_at timestamp
);
insert into schema_versions values (1, '2026-03-01');
insert into identity_overrides (override_id, instruction, identifier_type, identifier_value)
values ('kept', 'block_value', 'phone', '+440000');
insert into suppressed_identifiers values ('email', 'hash', '3a58c293', 'request', '2026-03-01');
insert into sync_runs (run_id, sync_name) values ('run', 'sync');
