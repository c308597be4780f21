"""Cases of the macros for numbers, booleans, JSON, patterns and hashes."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from macro_harness import Family


def _row_hash(*values: str | None) -> str:
    """Return what `hash_columns` promises, computed apart."""
    parts = ("-" if value is None else f"{len(value)}:{value}" for value in values)
    return hashlib.md5("".join(parts).encode()).hexdigest()  # noqa: S324


PAYLOAD = (
    '{"type": "page_view", "page": {"url": "https://x.test/?a=1"}, "list": ["a", {"b": "c"}], '
    '"count": 3, "price": 12.5, "flag": true, "nothing": null, "empty": "", "name": "Z\\u00fcrich"}'
)

VALUE_FAMILIES = [
    Family(
        "parse_number",
        "{{ parse_number('a') }}",
        [
            ("1234.56", Decimal("1234.56")),
            ("1,234.56", Decimal("1234.56")),
            ("1 234.56", Decimal("1234.56")),
            ("1\u00a0234.56", Decimal("1234.56")),
            ("1'234.50", Decimal("1234.50")),
            ("£1,234.56", Decimal("1234.56")),
            ("12.5 €", Decimal("12.50")),
            ("-12.5", Decimal("-12.50")),
            ("+12", Decimal("12.00")),
            (".5", Decimal("0.50")),
            ("5.", Decimal("5.00")),
            ("0", Decimal("0.00")),
            ("1.005", Decimal("1.01")),
            ("-1.005", Decimal("-1.01")),
            ("999999999999999.99", Decimal("999999999999999.99")),
            ("1,234,567", Decimal("1234567.00")),
            ("9999999999999999", None),
            ("12,5", None),
            ("1.234,56", None),
            ("1,23,456", None),
            ("1.2.3", None),
            ("1e5", None),
            ("NaN", None),
            ("Infinity", None),
            ("--5", None),
            ("-", None),
            (".", None),
            ("abc", None),
            ("12 apples", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_number_decimal_comma",
        "{{ parse_number('a', decimal_comma=true) }}",
        [
            ("1.234,56", Decimal("1234.56")),
            ("1234,56", Decimal("1234.56")),
            ("1 234,56 €", Decimal("1234.56")),
            ("-0,5", Decimal("-0.50")),
            (",5", Decimal("0.50")),
            ("1.234.567", Decimal("1234567.00")),
            ("12", Decimal("12.00")),
            ("12.5", None),
            ("1,234.56", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_integer",
        "{{ parse_integer('a') }}",
        [
            ("12", 12),
            (" -7 ", -7),
            ("12.0", 12),
            ("007", 7),
            ("999999999999999999", 999999999999999999),
            ("12.5", None),
            ("9999999999999999999", None),
            ("1,000", None),
            ("x", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_boolean",
        "{{ parse_boolean('a') }}",
        [
            *[(word, True) for word in ("true", "TRUE", " t ", "yes", "Y", "1")],
            *[(word, False) for word in ("false", "False", "f", "no", "N", "0")],
            *[(word, None) for word in ("maybe", "2", "", None)],
        ],
    ),
    Family(
        "json_text_scalar",
        "{{ json_text('a', ['type']) }}",
        [
            (PAYLOAD, "page_view"),
            ('{"type": 3}', "3"),
            ('{"type": 12.5}', "12.5"),
            ('{"type": true}', "true"),
            ('{"type": null}', None),
            ('{"type": ""}', ""),
            ('{"type": "Z\\u00fcrich \\"x\\""}', 'Zürich "x"'),
            ('{"other": 1}', None),
            ("[1, 2]", None),
            ('{"type": "x"', None),
            ("not json", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "json_text_nested",
        "{{ json_text('a', ['page', 'url']) }}",
        [
            (PAYLOAD, "https://x.test/?a=1"),
            ('{"page": "flat"}', None),
            ('{"page": null}', None),
        ],
    ),
    Family(
        "json_text_list",
        "{{ json_text('a', ['list', 1, 'b']) }}",
        [(PAYLOAD, "c"), ('{"list": []}', None)],
    ),
    Family(
        "json_texts",
        "({{ json_texts('a', [['nothing'], ['page', 'url'], ['list', 1, 'b']]) }})[2]",
        [
            (PAYLOAD, "https://x.test/?a=1"),
            ('{"page": {}}', None),
            ("not json", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "json_texts_null",
        "({{ json_texts('a', [['nothing'], ['page', 'url']]) }})[1]",
        [(PAYLOAD, None)],
    ),
    Family(
        "is_valid_json",
        "{{ is_valid_json('a') }}",
        [
            ('{"a": 1}', True),
            ("[]", True),
            ("{", False),
            ("{'a': 1}", False),
            ("", False),
            (None, None),
        ],
    ),
    Family(
        "regexp_like",
        "{{ regexp_like('a', '^[a-zé]+[.]x$') }}",
        [("abé.x", True), ("ab\\x", False), ("AB.x", False), (None, None)],
    ),
    Family(
        "regexp_extract_first",
        "{{ regexp_extract_first('a', '^id-([0-9]+)(?:-x)?$') }}",
        [("id-12", "12"), ("id-12-x", "12"), ("id-", None), (None, None)],
    ),
    Family(
        "regexp_replace_all",
        "{{ regexp_replace_all('a', '([0-9])[.]', '<\\\\1>') }}",
        [("1.2.x", "<1><2>x"), ("", ""), (None, None)],
    ),
    Family(
        "hash_columns",
        "{{ hash_columns(['a', 'b']) }}",
        [
            ("ab", "c", _row_hash("ab", "c")),
            ("a", "bc", _row_hash("a", "bc")),
            (None, "", _row_hash(None, "")),
            ("", None, _row_hash("", None)),
            ("-", None, _row_hash("-", None)),
            ("Zürich 👩‍👧", "é", _row_hash("Zürich 👩‍👧", "é")),
        ],
    ),
    Family(
        "string_concat_ws",
        "{{ string_concat_ws(' ', ['a', 'b']) }}",
        [("x", "y", "x y"), ("x", None, "x"), (None, "y", "y"), ("", "y", " y"), (None, None, "")],
    ),
    Family(
        "safe_divide",
        "{{ safe_divide('cast(a as integer)', 'cast(b as integer)') }}",
        [("1", "2", 0.5), ("1", "0", None), ("0", "5", 0.0), (None, "1", None), ("1", None, None)],
    ),
    Family(
        "quality_issues",
        "{{ quality_issues([{'when': \"a = 'x'\", 'column': 'first', 'issue': 'unknown_value'},"
        " {'when': issue_unparseable('b', 'cast(null as integer)'), 'column': 'second',"
        " 'issue': 'unparseable_number'}]) }}",
        [
            ("x", "y", "first:unknown_value;second:unparseable_number"),
            ("x", None, "first:unknown_value"),
            (None, "n/a", None),
            ("z", "  ", None),
            ("z", "12x", "second:unparseable_number"),
        ],
    ),
    Family("quality_issues_none", "{{ quality_issues([]) }}", [("x", None)]),
]
