-- grain: one row per run that changed an assignment
with

assignments as (
    select
        change_type,
        run_id,
        run_number,
        recorded_at
    from {{ ref('identity_assignments') }}
),

changes as (
    select
        change_type,
        run_id
    from {{ ref('identity_changes') }}
),

-- How the matcher ran when it last found something to do: the table knows no earlier run.
matcher_runs as (
    select
        {{ json_text('evidence', ['build_id']) }} as run_id,
        {{ json_text('evidence', ['mode']) }} as matching_mode,
        {{ json_text('evidence', ['reason']) }} as matching_reason,
        cast({{ json_text('evidence', ['touched_record_count']) }} as bigint)
            as matched_record_count,
        cast({{ json_text('evidence', ['compared_pair_count']) }} as bigint)
            as compared_pair_count
    from {{ ref('identity_pairs') }}
    where outcome = 'run'
),

record_counts as (
    select
        run_id,
        max(run_number) as run_number,
        max(recorded_at) as recorded_at,
        count(*) as changed_record_count,
        sum(case when change_type in ('created', 'joined') then 1 else 0 end) as new_record_count,
        sum(case when change_type = 'removed' then 1 else 0 end) as removed_record_count,
        sum(case when change_type = 'restored' then 1 else 0 end) as restored_record_count,
        sum(case when change_type = 'merged' then 1 else 0 end) as merged_record_count,
        sum(case when change_type = 'split' then 1 else 0 end) as split_record_count,
        sum(case when change_type = 'moved' then 1 else 0 end) as moved_record_count,
        sum(
            case when change_type = 'rolled_back' then 1 else 0 end
        ) as rolled_back_record_count
    from assignments
    group by run_id
),

customer_counts as (
    select
        run_id,
        sum(case when change_type = 'created' then 1 else 0 end) as created_customer_count,
        sum(case when change_type = 'merged' then 1 else 0 end) as merged_customer_count,
        sum(case when change_type = 'split' then 1 else 0 end) as split_customer_count,
        sum(case when change_type = 'retired' then 1 else 0 end) as retired_customer_count
    from changes
    group by run_id
)

select
    record_counts.run_id,
    record_counts.run_number,
    record_counts.changed_record_count,
    cast(record_counts.new_record_count as bigint) as new_record_count,
    cast(record_counts.removed_record_count as bigint) as removed_record_count,
    cast(record_counts.restored_record_count as bigint) as restored_record_count,
    cast(record_counts.merged_record_count as bigint) as merged_record_count,
    cast(record_counts.split_record_count as bigint) as split_record_count,
    cast(record_counts.moved_record_count as bigint) as moved_record_count,
    cast(record_counts.rolled_back_record_count as bigint) as rolled_back_record_count,
    cast(customer_counts.created_customer_count as bigint) as created_customer_count,
    cast(customer_counts.merged_customer_count as bigint) as merged_customer_count,
    cast(customer_counts.split_customer_count as bigint) as split_customer_count,
    cast(customer_counts.retired_customer_count as bigint) as retired_customer_count,
    matcher_runs.matched_record_count,
    matcher_runs.compared_pair_count,
    record_counts.recorded_at,
    matcher_runs.matching_mode,
    matcher_runs.matching_reason
from record_counts
left join customer_counts on record_counts.run_id = customer_counts.run_id
left join matcher_runs on record_counts.run_id = matcher_runs.run_id
