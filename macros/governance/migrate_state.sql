{#
    State carries a schema version; what is missing is added on start and nothing is ever dropped
    or rewritten. Each entry is one version, applied once, in order, all of it or nothing: a table
    that is not there is made, one that is there gets the columns that it lacks. To change a table,
    add an entry that names it with its new columns. Tables that a dbt model appends to are made
    and widened by the model itself; these are the ones that people and the command line write.

    `cdp state` reads this list too (src/warehouse_cdp/warehouse/state_schema.py): plain data only.
#}
{% macro state_migrations() -%}
    {{- return([
        [
            ('identity_overrides', "override_id text, instruction text, left_record_id text,
                right_record_id text, identifier_type text, identifier_value text, reason text,
                created_by text, created_at timestamp, valid_until timestamp"),
            ('suppressed_identifiers', "identifier_type text, identifier_hash text,
                key_version text, request_id text, suppressed_at timestamp"),
            ('privacy_request_results', "request_id text, table_name text, action text,
                row_count bigint, finished_at timestamp"),
            ('sync_runs', "run_id text, sync_name text, destination text, model_name text,
                mode text, status text, error_code text,
                source_row_count bigint, invalid_row_count bigint, held_back_row_count bigint,
                added_row_count bigint, changed_row_count bigint, removed_row_count bigint,
                removed_for_privacy_row_count bigint, unchanged_row_count bigint,
                rejected_row_count bigint, started_at timestamp, finished_at timestamp"),
            ('sync_log', "run_id text, sync_name text, sync_key text, operation text,
                reason text, status text, error_code text, row_hash text, logged_at timestamp"),
            ('sync_state', "sync_name text, sync_key text, customer_id text, row_hash text,
                first_acknowledged_at timestamp, last_acknowledged_at timestamp,
                last_run_id text"),
        ],
        [
            ('privacy_request_runs', "run_id text, request_id text, request_type text,
                subject_hash text, requested_by text, started_at timestamp,
                finished_at timestamp"),
        ],
        [
            ('identity_overrides', "withdrawn_at timestamp, withdrawn_by text,
                review_stratum text, review_model_id text"),
        ],
        [
            ('sync_runs', "planned_add_count bigint, planned_change_count bigint,
                planned_remove_count bigint, attempted_add_count bigint,
                attempted_change_count bigint, attempted_remove_count bigint,
                succeeded_add_count bigint, succeeded_change_count bigint,
                succeeded_remove_count bigint, failed_add_count bigint,
                failed_change_count bigint, failed_remove_count bigint,
                kept_row_count bigint, waiting_row_count bigint, superseded_row_count bigint,
                batch_count bigint, blocked_by text, destination_identity text"),
            ('sync_log', "error_class text, changed_columns text, idempotency_key text,
                batch_number bigint"),
            ('sync_state', "key_rest text, destination_key text, destination_id text,
                remembered text, mapping_hash text, hash_rules_version text, column_hashes text"),
            ('sync_outbox', "sync_name text, run_id text, sequence_number bigint, sync_key text,
                key_rest text, customer_id text, operation text, reason text, row_hash text,
                destination_key text, destination_id text, remembered text, on_leave text,
                rekeyed_from text, origin_run_id text, status text, was_in_doubt boolean,
                attempt_count bigint, first_rejected_at timestamp, next_attempt_at timestamp,
                error_class text, error_code text, column_hashes text, changed_columns text,
                planned_at timestamp"),
            ('sync_journal', "sync_name text, entry_number bigint, entry text"),
            ('sync_pins', "sync_name text, destination_identity text, pinned_at timestamp"),
        ],
    ]) -}}
{%- endmacro %}


{% macro migrate_state() -%}
    {%- if execute and flags.WHICH in ['run', 'build', 'seed', 'run-operation', 'test'] -%}
        {%- do adapter.create_schema(state_relation('schema_versions').without_identifier()) -%}
        {%- set versions = state_relation('schema_versions') -%}
        {%- do run_query(
            'create table if not exists ' ~ versions
            ~ ' (version_number bigint, applied_at timestamp)'
        ) -%}
        {%- set found = run_query('select max(version_number) from ' ~ versions) -%}
        {%- set current = (found.columns[0].values()[0] or 0) | int -%}
        {%- set known = state_migrations() | length -%}
        {%- if current > known -%}
            {{- exceptions.raise_compiler_error(
                'the state was written by a newer version of this project (schema version '
                ~ current ~ ', this checkout knows ' ~ known ~ '): update the checkout'
            ) -}}
        {%- endif -%}
        {%- for number in range(current + 1, known + 1) -%}
            {%- do run_query(state_migration_statements(number)) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# One transaction, so that a version that fails leaves the state at the one before. #}
{% macro state_migration_statements(number) -%}
    {%- set statements = ['begin'] -%}
    {%- for name, declared in state_migrations()[number - 1] -%}
        {%- set columns = modules.re.sub('\\btext\\b', type_text_by_code_point(), declared) -%}
        {%- do statements.append(
            'create table if not exists ' ~ state_relation(name) ~ ' (' ~ columns ~ ')'
        ) -%}
        {%- for column in columns.split(',') -%}
            {%- do statements.append(
                'alter table ' ~ state_relation(name) ~ ' add column if not exists '
                ~ column | trim
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do statements.append(
        'insert into ' ~ state_relation('schema_versions')
        ~ ' values (' ~ number ~ ', ' ~ as_of() ~ ')'
    ) -%}
    {%- do statements.append('commit') -%}
    {{- return(statements | join(';\n')) -}}
{%- endmacro %}
