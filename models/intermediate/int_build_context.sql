-- grain: one row per build (the running one only)
-- Python models cannot call as_of(); they read the clock, and whether the build sees all data,
-- from here.
select
    cast('{{ invocation_id }}' as {{ dbt.type_string() }}) as build_id,
    cast('{{ 'true' if flags.EMPTY or flags.SAMPLE else 'false' }}' as boolean) as is_partial_data,
    {{ as_of() }} as as_of,
    cast(
        '{{ run_started_at.strftime('%Y-%m-%d %H:%M:%S') }}' as {{ type_timestamp() }}
    ) as started_at
