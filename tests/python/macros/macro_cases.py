"""All cases together, and the models of the macros that yield rows rather than values."""

from __future__ import annotations

from macro_cases_text import TEXT_FAMILIES
from macro_cases_time import TIME_FAMILIES
from macro_cases_values import VALUE_FAMILIES

FAMILIES = [*TEXT_FAMILIES, *TIME_FAMILIES, *VALUE_FAMILIES]

EXTRA_MODELS = {
    "phones": (
        "{{ phone_numbers_e164('cdp_cases.phone_cases', ['case_number'], 'raw_text', 'country') }}"
    ),
    "countries": (
        "select countries.country_raw, {{ standardise_country('named', 'countries.fallback') }}\n"
        "    as country_code\n"
        "from cdp_cases.countries\n"
        "{{ join_country_names('countries.country_raw', 'named') }}"
    ),
    "exploded": (
        "with rows_to_explode as (select case_number, issues from cdp_cases.exploded),\n"
        "items as ({{ unnest_delimited('rows_to_explode', ['case_number'], 'issues', ';') }})\n"
        "select case_number, item, item_position from items"
    ),
    # In a schema other than the function's, as every staging model is.
    "hashes": (
        "{{ config(schema='staging') }}\n"
        "select hashed, {{ keyed_hash('hashed') }} as actual from cdp_cases.hashes"
    ),
}

COUNTRY_INPUTS = [
    ("UK", None),
    (" U.K. ", None),
    ("Great Britain", None),
    ("England", None),
    ("GBR", None),
    ("Deutschland", None),
    ("germany", None),
    ("ÖSTERREICH", None),
    ("Oesterreich", None),
    ("USA", None),
    ("U.S.A.", None),
    ("Côte d\u2019Ivoire", None),
    ("NA", None),
    ("España", None),
    ("Polska", None),
    ("Sverige", None),
    ("Nederland", None),
    ("The Netherlands", None),
    ("Atlantis", None),
    ("Atlantis", "DE"),
    ("", "GB"),
    (None, "GB"),
    (None, None),
]

EXPLODED_INPUTS = [("1", "a:x;b:y"), ("2", "c:z"), ("3", None)]

HASH_INPUTS = [
    ("",),
    ("a",),
    ("jo@mail.com",),
    ("Zürich 👩‍👧",),
    ("x" * 1000,),
    ("O'Neil\\",),
    (None,),
]
