{#
    Refuses a run whose variables make no sense, naming all of them at once, before anything is
    built: a threshold that is silently out of range shows only in wrong numbers.
#}
{% macro check_variables() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- set wrong = [] -%}
        {%- for name, spec in variable_specs().items() -%}
            {%- set problem = variable_problem(spec, var(name, none)) -%}
            {%- if not problem and spec.is_one_run and var(name)
                and name not in (invocation_args_dict.get('vars') or {}) -%}
                {%- set problem = 'opens a guard for one run: give it with --vars, leave it false'
                    ~ ' in dbt_project.yml' -%}
            {%- endif -%}
            {%- if problem -%}
                {%- do wrong.append(name) -%}
                {%- do problems.append('  - ' ~ name ~ ': ' ~ problem ~ ' (' ~ spec.unit ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {#- One that is wrong by itself is not compared: it may not even be a number. -#}
        {%- for lesser, greater in ordered_variables()
            if lesser not in wrong and greater not in wrong
            and var(lesser) >= var(greater) -%}
            {%- do problems.append(
                '  - ' ~ lesser ~ ': ' ~ var(lesser) ~ ' is not below ' ~ greater
                ~ ' (' ~ var(greater) ~ ')'
            ) -%}
        {%- endfor -%}
        {%- if var('production_targets') is not string and is_production() and env_var('CDP_HASH_KEY', '') == '' -%}
            {%- do problems.append(
                "  - CDP_HASH_KEY: the environment variable is not set, and target '"
                ~ target.name ~ "' is a production target, which must not use the public default"
                ~ ' (any text of at least 16 characters, kept as a secret and never changed)'
            ) -%}
        {%- endif -%}
        {%- if problems -%}
            {{- exceptions.raise_compiler_error(
                problems | length ~ ' variable(s) of dbt_project.yml or --vars are wrong:\n'
                ~ problems | join('\n') ~ '\nSee docs/reference/variables.md.'
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# What is wrong with a value, or an empty text. #}
{% macro variable_problem(spec, value) -%}
    {%- if spec.kind == 'clock' -%}
        {%- if value and try_parse_as_of(value | string | trim) is none -%}
            {{- return("'" ~ value ~ "' is no date or time") -}}
        {%- endif -%}
    {%- elif value is none -%}
        {{- return('is not set') -}}
    {%- elif spec.kind in ['number', 'integer'] -%}
        {%- if value is not number or value is boolean
            or (spec.kind == 'integer' and value is not integer) -%}
            {{- return("'" ~ value ~ "' is no " ~ spec.kind) -}}
        {%- elif value < spec.min or value > spec.max -%}
            {{- return(value ~ ' is outside ' ~ spec.min ~ ' to ' ~ spec.max) -}}
        {%- endif -%}
    {%- elif spec.kind == 'boolean' and value is not boolean -%}
        {{- return("'" ~ value ~ "' is neither true nor false") -}}
    {%- elif spec.kind == 'choice' and value not in spec.choices -%}
        {{- return("'" ~ value ~ "' is none of " ~ spec.choices | join(', ')) -}}
    {%- elif spec.kind == 'texts' -%}
        {%- if value is string or value is not sequence
            or value | reject('string') | list | length > 0 -%}
            {{- return("'" ~ value ~ "' is no list of texts") -}}
        {%- elif spec.within and value | reject('in', var(spec.within)) | list | length > 0 -%}
            {{- return(
                value | reject('in', var(spec.within)) | join(', ') ~ ' is not in ' ~ spec.within
            ) -}}
        {%- endif -%}
    {%- elif spec.kind == 'role' -%}
        {{- return(role_problem(value)) -}}
    {%- elif spec.kind == 'sources' -%}
        {{- return(sources_problem(value)) -}}
    {%- endif -%}
    {{- return('') -}}
{%- endmacro %}


{# One role for two kinds would see what either sees, personal data included. #}
{% macro role_problem(value) -%}
    {%- if value is not string
        or not modules.re.fullmatch('[a-z_][a-z0-9_]{0,62}|', value) -%}
        {{- return("'" ~ value ~ "' is no name of a role in small letters") -}}
    {%- endif -%}
    {%- set named = [] -%}
    {%- for name, spec in variable_specs().items()
        if spec.kind == 'role' and value and var(name, '') == value -%}
        {%- do named.append(name) -%}
    {%- endfor -%}
    {{- return('' if named | length < 2 else named | join(' and ') ~ ' name the same role') -}}
{%- endmacro %}


{% macro canonical_entities() -%}
    {{- return([
        'persons', 'identifiers', 'orders', 'order_items', 'refunds', 'products', 'events',
        'email_events', 'campaigns', 'ad_spend', 'tickets', 'call_notes', 'survey_responses',
        'social_interactions', 'device_readings', 'consents', 'accounts', 'privacy_requests',
    ]) -}}
{%- endmacro %}


{% macro sources_problem(value) -%}
    {%- if value is not mapping -%}
        {{- return("'" ~ value ~ "' is no mapping from entity to staging models") -}}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- for entity, models in value.items() -%}
        {%- if entity not in canonical_entities() -%}
            {%- do problems.append(
                "unknown entity '" ~ entity ~ "', valid are " ~ canonical_entities() | join(', ')
            ) -%}
        {%- elif models is not none and (models is string or models is not sequence) -%}
            {%- do problems.append(entity ~ ' is no list of staging models') -%}
        {%- elif models and models | unique | list | length < models | length -%}
            {%- do problems.append(entity ~ ' names a model twice') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(problems | join('; ')) -}}
{%- endmacro %}
