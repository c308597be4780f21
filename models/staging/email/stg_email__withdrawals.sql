{{ config(enabled=is_listed_input(), tags=input_cadence()) }}
{%- set raw_columns = [
    "email", "first_name", "last_name", "country", "list", "status", "signup_ts", "updated_ts",
    "_deleted",
] -%}
with subscribers as (

    select * from {{ source('email', 'subscribers') }}

),

subscribers_read as (

    select
        {{ email_key('email') }} as subscriber_key,
        {{ standardise_email('email') }} as contact_point,
        {{ standardise_enum('status', {
            'unsubscribed': 'withdrawn',
            'cleaned': 'withdrawn',
        }, prefixes={
            'unsub': 'withdrawn', 'clean': 'withdrawn', 'complain': 'withdrawn', 'spam': 'withdrawn',
        }) }} as status,
        updated_ts as occurred_at_raw,
        {{ parse_timestamp('updated_ts', 'epoch_seconds') }} as occurred_at_read,
        _loaded_at as loaded_at_raw,
        {{ parse_timestamp('_loaded_at', 'iso') }} as loaded_at,
        {{ hash_columns(raw_columns) }} as row_hash
    from subscribers

)

-- The e-mail tool's own list says who left it, with or without an event that says when. Coming
-- back is not read from it: only a recorded grant lifts a denial.
select
    'email:withdrawal/' || subscriber_key as consent_event_id,
    'email' as source,
    'email' as contact_point_type,
    contact_point,
    'marketing' as purpose,
    'email' as channel,
    status,
    'subscription_status' as method,
    false as is_deleted,
    {{ plausible_timestamp('occurred_at_read') }} as occurred_at,
    loaded_at,
    row_hash,
    {{ staging_issues(key='subscriber_key', timestamps=['occurred_at']) }} as quality_issues
from subscribers_read
where status is not null
