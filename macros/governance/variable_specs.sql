{#
    Every variable of the project: what it may be and why one would change it. check_variables
    judges by this, and docs/reference/variables.md is generated from it (`make docs`).

    kind: number, integer, boolean, choice, text, clock, texts (a list), sources.
#}
{% macro variable_specs() -%}
    {{- return({
        'production_targets': {
            'kind': 'texts', 'unit': 'target names',
            'reason': 'Targets that write bare schema names; all others get a prefix, state too.',
        },
        'as_of': {
            'kind': 'clock', 'unit': 'UTC, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS; empty: run start',
            'reason': 'The one clock. Set it to repeat a run or to see a past day.',
        },
        'reporting_currency': {
            'kind': 'choice', 'choices': ['EUR', 'GBP', 'USD', 'PLN', 'SEK', 'CHF'],
            'unit': 'ISO 4217, one of the seed currency_rates',
            'reason': 'Amounts in several currencies can only be added in one.',
        },
        'sources': {
            'kind': 'sources', 'unit': 'staging models by canonical entity',
            'reason': 'What the company has. An entity with no models is an empty table.',
        },
    }) -}}
{%- endmacro %}
