{#
    Every variable of the project: what it may be and why one would change it. check_variables
    judges by this, and docs/reference/variables.md is generated from it (`make docs`).

    kind: number, integer, boolean, choice, text, clock, texts (a list), role (of the server),
    sources.
    is_one_run: may be true in --vars only, since a file would keep the guard open for good.
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
            'kind': 'choice',
            'choices': [
                'EUR', 'GBP', 'USD', 'PLN', 'SEK', 'CHF',
                'AED', 'AUD', 'BGN', 'BRL', 'CAD', 'CLP', 'CNY', 'COP', 'CZK', 'DKK', 'HKD', 'HUF',
                'IDR', 'ILS', 'INR', 'ISK', 'JPY', 'KRW', 'MXN', 'MYR', 'NOK', 'NZD', 'PEN', 'PHP',
                'RON', 'RSD', 'SAR', 'SGD', 'THB', 'TRY', 'TWD', 'UAH', 'VND', 'ZAR',
            ],
            'unit': 'ISO 4217',
            'reason': 'Amounts in several currencies can only be added in one. The seed currency_rates'
                ' converts between EUR, GBP, USD, PLN, SEK and CHF; under another one only amounts'
                ' in that currency are added up, and the rest are data quality issues.',
        },
        'publish_path': {
            'kind': 'text', 'unit': 'path of a DuckDB file; empty: none',
            'reason': 'A build on DuckDB ends by replacing it with a copy of marts and segments.',
        },
        'role_analyst': {
            'kind': 'role', 'unit': 'a role of the Postgres server; empty: none',
            'reason': 'Reads marts, segments, audiences and who is who, without personal columns.',
        },
        'role_bi_reader': {
            'kind': 'role', 'unit': 'a role of the Postgres server; empty: none',
            'reason': 'Reads marts, segments and audiences, without personal columns.',
        },
        'role_activation': {
            'kind': 'role', 'unit': 'a role of the Postgres server; empty: none',
            'reason': 'Runs syncs: reads what destinations are to hold and keeps the memory of it.',
        },
        'role_privacy': {
            'kind': 'role', 'unit': 'a role of the Postgres server; empty: none',
            'reason': 'Answers people who ask about their data: reads everything, changes state.',
        },
        'sources': {
            'kind': 'sources', 'unit': 'staging models by canonical entity',
            'reason': 'What the company has. An entity with no models is an empty table.',
        },
        'source_priority': {
            'kind': 'texts', 'unit': 'sources, best first',
            'reason': 'Golden fields of these win; others are equal and the latest update wins.',
        },
        'lifecycle_new_days': {
            'kind': 'integer', 'min': 1, 'max': 365, 'unit': 'days since the first order',
            'reason': 'How long a buyer counts as new; below lifecycle_active_days.',
        },
        'lifecycle_active_days': {
            'kind': 'integer', 'min': 1, 'max': 3650, 'unit': 'days since the last order',
            'reason': 'Longer for goods bought rarely: beyond it a customer has lapsed.',
        },
        'lifecycle_lapsed_days': {
            'kind': 'integer', 'min': 1, 'max': 7300, 'unit': 'days since the last order',
            'reason': 'Beyond it a lapsed customer is dormant; above lifecycle_active_days.',
        },
        'session_inactivity_minutes': {
            'kind': 'integer', 'min': 1, 'max': 1440, 'unit': 'minutes',
            'reason': 'A pause longer than this ends a visit.',
        },
        'session_starts_on_campaign': {
            'kind': 'boolean', 'unit': 'true or false',
            'reason': 'Whether a visitor who comes back through another campaign starts a visit.',
        },
        'attribution_lookback_days': {
            'kind': 'integer', 'min': 1, 'max': 365, 'unit': 'days from a visit to an order',
            'reason': 'Longer for goods that people think over; a visit older than it gets no credit.',
        },
        'consent_implicit_methods': {
            'kind': 'texts', 'unit': 'values of method in consent events',
            'reason': 'Grants recorded so are no act of the person and never lift a denial.',
        },
        'segments': {
            'kind': 'texts', 'unit': 'models of models/segments',
            'reason': 'Segments with a membership history and a place in the catalogue.',
        },
        'advertising_segments': {
            'kind': 'texts', 'within': 'segments', 'unit': 'names in var segments',
            'reason': 'What advertising platforms learn of people who agreed, and no more than that.',
        },
        'high_value_share': {
            'kind': 'number', 'min': 0.001, 'max': 0.5, 'unit': 'share of buyers',
            'reason': 'How many of the buyers of the last year count as high value.',
        },
        'lapsing_min_order_count': {
            'kind': 'integer', 'min': 1, 'max': 100, 'unit': 'orders',
            'reason': 'Only who bought this often can be missed.',
        },
        'late_arrival_hours': {
            'kind': 'integer', 'min': 1, 'max': 8760, 'unit': 'hours of load time',
            'reason': 'How far behind the newest load an hourly run still looks for rows. Longer if'
                ' a connector stamps rows long before it delivers them; the nightly run takes all.',
        },
        'golden_half_life_days': {
            'kind': 'integer', 'min': 1, 'max': 36500, 'unit': 'days',
            'reason': 'Age at which evidence for a golden e-mail or address counts half.',
        },
        'lapsing_after_days': {
            'kind': 'integer', 'min': 1, 'max': 3650, 'unit': 'days since the last order',
            'reason': 'Silence that worries, up to lifecycle_active_days; must be below it.',
        },
        'repeat_buyer_min_order_count': {
            'kind': 'integer', 'min': 2, 'max': 100, 'unit': 'orders in the last 365 days',
            'reason': 'Higher for goods bought often: who comes back as a habit, not by chance.',
        },
        'category_enthusiast_min_unit_count': {
            'kind': 'integer', 'min': 1, 'max': 10000, 'unit': 'units bought',
            'reason': 'With fewer the share says nothing: one unit is always all of one category.',
        },
        'category_enthusiast_min_share': {
            'kind': 'number', 'min': 0.5, 'max': 1, 'unit': 'share of units bought',
            'reason': 'How much of what somebody buys must be of one category to call it theirs.',
        },
        'discount_seeker_min_order_count': {
            'kind': 'integer', 'min': 1, 'max': 100, 'unit': 'orders',
            'reason': 'With fewer a discount may have been chance.',
        },
        'discount_seeker_min_share': {
            'kind': 'number', 'min': 0.01, 'max': 1, 'unit': 'share of orders',
            'reason': 'From how many reduced orders on somebody seeks discounts.',
        },
        'points_to_redeem_min_balance': {
            'kind': 'integer', 'min': 1, 'max': 1000000000, 'unit': 'loyalty points',
            'reason': 'The least that a reward costs; below it the points are worth no visit.',
        },
        'browse_abandoned_within_days': {
            'kind': 'integer', 'min': 1, 'max': 365, 'unit': 'days',
            'reason': 'How long a reminder of an article somebody looked at makes sense.',
        },
        'cart_abandoned_within_days': {
            'kind': 'integer', 'min': 1, 'max': 365, 'unit': 'days',
            'reason': 'How long a reminder of a basket makes sense.',
        },
        'leaving_announced_within_days': {
            'kind': 'integer', 'min': 1, 'max': 3650, 'unit': 'days',
            'reason': 'How long the wish to leave is worth answering.',
        },
        'email_engaged_min_open_count': {
            'kind': 'integer', 'min': 1, 'max': 1000, 'unit': 'opens in the last 90 days',
            'reason': 'Opens without a click that prove a reader; 1 also counts mail programs.',
        },
        'email_dormant_after_days': {
            'kind': 'integer', 'min': 30, 'max': 3650, 'unit': 'days',
            'reason': 'Silence after which mails go unread on purpose.',
        },
        'email_dormant_min_delivered_count': {
            'kind': 'integer', 'min': 1, 'max': 1000, 'unit': 'mails within email_dormant_after_days',
            'reason': 'Who got fewer had little to read.',
        },
        'nps_answer_valid_days': {
            'kind': 'integer', 'min': 1, 'max': 3650, 'unit': 'days',
            'reason': 'An older answer no longer says what somebody thinks of us.',
        },
        'service_recovery_within_days': {
            'kind': 'integer', 'min': 1, 'max': 3650, 'unit': 'days since the bad rating',
            'reason': 'How long anger about an answer of ours lasts.',
        },
        'birthday_ahead_days': {
            'kind': 'integer', 'min': 0, 'max': 60, 'unit': 'days after the day of the clock',
            'reason': 'How long before a birthday a greeting must be prepared.',
        },
        'segment_max_shrink_share': {
            'kind': 'number', 'min': 0, 'max': 1, 'unit': 'share of members that may leave in a run',
            'reason': 'A segment that suddenly empties is nearly always broken data.',
        },
        'segment_shrink_guard_min_members': {
            'kind': 'integer', 'min': 0, 'max': 1000000, 'unit': 'members',
            'reason': 'Smaller segments are not guarded: half of four is two people.',
        },
        'allow_segment_shrink': {
            'kind': 'boolean', 'is_one_run': true, 'unit': 'true or false; for one run',
            'reason': 'Lets segments shrink beyond segment_max_shrink_share, after a look at why.',
        },
        'sync_alert_reject_share': {
            'kind': 'number', 'min': 0, 'max': 1, 'unit': 'share of the rows that a run sent',
            'reason': 'When more than this is refused, a test warns: a mapping wants mending.',
        },
        'sync_alert_run_minutes': {
            'kind': 'integer', 'min': 1, 'max': 10080, 'unit': 'minutes',
            'reason': 'When a run of a sync takes longer, a test warns.',
        },
        'sync_alert_deviation_share': {
            'kind': 'number', 'min': 0, 'max': 1000, 'unit': 'share of the mean',
            'reason': 'When a run sends so much more or less than the mean of those before, a test warns.',
        },
        'sync_alert_mean_runs': {
            'kind': 'integer', 'min': 1, 'max': 1000, 'unit': 'runs of the same sync',
            'reason': 'How many runs make that mean; with fewer, nothing is said.',
        },
        'sync_alert_min_row_count': {
            'kind': 'integer', 'min': 1, 'max': 1000000000, 'unit': 'rows',
            'reason': 'Below it, in the run and in the mean, a deviation is nothing to warn of.',
        },
        'identity_link_probability': {
            'kind': 'number', 'min': 0.5, 'max': 0.9999, 'unit': 'probability',
            'reason': 'Pairs from here on are linked. Higher: fewer wrong merges, more people twice.',
        },
        'identity_review_probability': {
            'kind': 'number', 'min': 0.01, 'max': 0.9999, 'unit': 'probability',
            'reason': 'Pairs from here wait in identity_review_queue; below the link probability.',
        },
        'identity_report_weight': {
            'kind': 'number', 'min': -60, 'max': 60, 'unit': 'match weight, log2 odds',
            'reason': 'Rejected pairs from here on are rows of identity_links; others are counted.',
        },
        'identity_least_mean_weight': {
            'kind': 'number', 'min': -60, 'max': 60, 'unit': 'match weight, log2 odds',
            'reason': 'A customer whose records contradict each other is cut where all pairs between'
                ' two parts weigh less on the mean. Higher: more cuts; -60: none.',
        },
        'identity_review_sample_size': {
            'kind': 'integer', 'min': 1, 'max': 10000, 'unit': 'pairs of each stratum',
            'reason': 'Sample of every kind of decision in identity_review_queue. More: narrower'
                ' intervals in identity_precision, more to read.',
        },
        'identity_bad_value_people': {
            'kind': 'integer', 'min': 1, 'max': 10000, 'unit': 'differently named people',
            'reason': 'An e-mail, phone or card that more people share identifies nobody.',
        },
        'identity_max_contact_points': {
            'kind': 'integer', 'min': 1, 'max': 10000, 'unit': 'values per customer and type',
            'reason': 'More new e-mails or phones than this within the window are not one person.',
        },
        'identity_limit_window_days': {
            'kind': 'integer', 'min': 0, 'max': 36500, 'unit': 'days; 0 is ever',
            'reason': 'The time window of identity_max_contact_points.',
        },
        'identity_max_cluster_records': {
            'kind': 'integer', 'min': 2, 'max': 1000000, 'unit': 'records per customer',
            'reason': 'A link that would make a larger customer is cut.',
        },
        'identity_max_pairs_per_rule': {
            'kind': 'integer', 'min': 1000, 'max': 2000000000, 'unit': 'pairs per blocking rule',
            'reason': 'Bounds time and memory; the largest blocks are left out beyond it.',
        },
        'identity_min_training_pairs': {
            'kind': 'integer', 'min': 100, 'max': 100000000, 'unit': 'candidate pairs',
            'reason': 'With fewer the documented default parameters serve instead of learnt ones.',
        },
        'identity_retrain': {
            'kind': 'boolean', 'is_one_run': true, 'unit': 'true for one run',
            'reason': 'Trains the match model anew. Weights, and so some ids, may change.',
        },
        'identity_visitor_policy': {
            'kind': 'choice', 'choices': ['link_back', 'from_login', 'between_logins', 'never'],
            'unit': 'policy',
            'reason': 'Whose anonymous events are: see docs/guides/identity.md.',
        },
        'identity_visitor_min_right_share': {
            'kind': 'number', 'min': 0, 'max': 1, 'unit': 'share of logins hidden in turn',
            'reason': 'A policy that names fewer rightly is not used on that kind of device.',
        },
        'identity_max_records_lost_share': {
            'kind': 'number', 'min': 0, 'max': 1, 'unit': 'share of person records',
            'reason': 'A run that misses more records than this writes no state: a load is broken.',
        },
        'identity_max_ids_changed_share': {
            'kind': 'number', 'min': 0, 'max': 1, 'unit': 'share of person records',
            'reason': 'A run that gives more records another customer than this writes no state.',
        },
        'identity_allow_large_change': {
            'kind': 'boolean', 'is_one_run': true, 'unit': 'true for one run',
            'reason': 'Lets one run exceed the two shares above.',
        },
    }) -}}
{%- endmacro %}


{# Pairs of variables of which the first must be less than the second. #}
{% macro ordered_variables() -%}
    {{- return([
        ('lifecycle_new_days', 'lifecycle_active_days'),
        ('lifecycle_active_days', 'lifecycle_lapsed_days'),
        ('lapsing_after_days', 'lifecycle_active_days'),
        ('identity_review_probability', 'identity_link_probability'),
    ]) -}}
{%- endmacro %}
