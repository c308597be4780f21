"""Cases of the macros that read and move dates and times."""

from __future__ import annotations

from datetime import date, datetime

from macro_harness import Family

moment = datetime.fromisoformat
"""Naive on purpose: what the macros give is UTC without zone."""

FIVE_PAST_TWO = moment("2026-03-01 14:05:11")

TIME_FAMILIES = [
    Family(
        "parse_timestamp_iso",
        "{{ parse_timestamp('a', 'iso') }}",
        [
            ("2026-03-01T14:05:11Z", FIVE_PAST_TWO),
            ("2026-03-01T14:05:11z", FIVE_PAST_TWO),
            ("2026-03-01 14:05:11", FIVE_PAST_TWO),
            ("  2026-03-01T14:05:11  ", FIVE_PAST_TWO),
            ("2026-03-01T14:05:11+01:00", moment("2026-03-01 13:05:11")),
            ("2026-03-01T14:05:11 +01:00", moment("2026-03-01 13:05:11")),
            ("2026-03-01T14:05:11-0530", moment("2026-03-01 19:35:11")),
            ("2026-03-01T23:30:00-05", moment("2026-03-02 04:30:00")),
            ("2026-03-01T14:05", moment("2026-03-01 14:05:00")),
            ("2026-03-01T14:05+01", moment("2026-03-01 13:05:00")),
            ("2026-03-01", moment("2026-03-01")),
            ("2026-03-01T14:05:11.5Z", moment("2026-03-01 14:05:11.500000")),
            ("2026-03-01T14:05:11,123456789Z", moment("2026-03-01 14:05:11.123456")),
            ("2026-03-01T14:05:11.9999999", moment("2026-03-01 14:05:11.999999")),
            ("1970-01-01T00:00:00Z", moment("1970-01-01")),
            ("2024-02-29T00:00:00Z", moment("2024-02-29")),
            ("2026-03-29T02:30:00", moment("2026-03-29 02:30:00")),
            ("2026-02-29T00:00:00Z", None),
            ("2026-02-30T14:05:11Z", None),
            ("2026-13-01T14:05:11Z", None),
            ("2026-00-10T14:05:11Z", None),
            ("2026-03-01T25:05:11Z", None),
            ("2026-03-01T24:00:00Z", None),
            ("2026-03-01T14:60:11Z", None),
            ("2026-03-01T14:05:60Z", None),
            ("2026-03-01T14:05:11 Europe/Berlin", None),
            ("2026-03-01T14:05:11+25:00", None),
            ("0000-00-00 00:00:00", None),
            ("9999-12-31T00:00:00Z", None),
            ("01.03.2026 14:05:11", None),
            ("1772373911", None),
            ("yesterday", None),
            ("now", None),
            ("infinity", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_timestamp_dmy_dots",
        "{{ parse_timestamp('a', 'dmy_dots') }}",
        [
            ("01.03.2026 14:05:11", FIVE_PAST_TWO),
            ("1.3.2026 14:05", moment("2026-03-01 14:05:00")),
            ("31.12.2025", moment("2025-12-31")),
            ("13.01.2026 00:00:00", moment("2026-01-13")),
            ("01.13.2026 14:05:11", None),
            ("30.02.2026 14:05:11", None),
            ("01.03.26 14:05:11", None),
            ("2026-03-01 14:05:11", None),
            ("01.03.2026 25:05:11", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_timestamp_epoch_seconds",
        "{{ parse_timestamp('a', 'epoch_seconds') }}",
        [
            ("1772373911", FIVE_PAST_TWO),
            (" 1772373911.75 ", FIVE_PAST_TWO),
            ("0", moment("1970-01-01")),
            ("-86400", moment("1969-12-31")),
            ("1772373911123", None),
            ("1.77e9", None),
            ("2026-03-01", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_timestamp_epoch_millis",
        "{{ parse_timestamp('a', 'epoch_millis') }}",
        [
            ("1772373911123", moment("2026-03-01 14:05:11.123000")),
            ("1772373911000", FIVE_PAST_TWO),
            ("0", moment("1970-01-01")),
            ("17723739111230", None),
            ("NaN", None),
            (None, None),
        ],
    ),
    Family(
        "parse_date",
        "{{ parse_date('a', ['iso', 'dmy_slash', 'dmy_dots']) }}",
        [
            ("2026-03-01", date(2026, 3, 1)),
            ("2026-3-1", date(2026, 3, 1)),
            ("2026-03-01T14:05:11Z", date(2026, 3, 1)),
            ("01/03/2026", date(2026, 3, 1)),
            ("1/3/2026", date(2026, 3, 1)),
            (" 31.12.1985 ", date(1985, 12, 31)),
            ("29/02/2024", date(2024, 2, 29)),
            ("29/02/2026", None),
            ("02/13/2026", None),
            ("2026-02-30", None),
            ("0000-00-00", None),
            ("01/03/26", None),
            ("01-03-2026", None),
            ("1 March 2026", None),
            ("", None),
            (None, None),
        ],
    ),
    Family(
        "parse_date_month_first",
        "{{ parse_date('a', ['mdy_slash', 'dmy_slash']) }}",
        [
            ("03/01/2026", date(2026, 3, 1)),
            ("13/02/2026", date(2026, 2, 13)),
            ("2026-03-01", None),
        ],
    ),
    Family(
        "parse_date_compact",
        "{{ parse_date('a', 'compact') }}",
        [
            ("20260301", date(2026, 3, 1)),
            (" 19000228 ", date(1900, 2, 28)),
            ("20260230", None),
            ("2026031", None),
            ("202603011", None),
            ("2026-03-01", None),
            (None, None),
        ],
    ),
    Family(
        "to_utc",
        "{{ to_utc('cast(a as timestamp)', 'b') }}",
        [
            ("2026-01-15 12:00:00", "Europe/London", moment("2026-01-15 12:00:00")),
            ("2026-07-15 12:00:00", "Europe/London", moment("2026-07-15 11:00:00")),
            ("2026-07-15 12:00:00", "Europe/Berlin", moment("2026-07-15 10:00:00")),
            # The gap: 02:00 to 03:00 did not happen; counted on from before the change.
            ("2026-03-29 01:59:59", "Europe/Berlin", moment("2026-03-29 00:59:59")),
            ("2026-03-29 02:30:00", "Europe/Berlin", moment("2026-03-29 01:30:00")),
            ("2026-03-29 03:00:00", "Europe/Berlin", moment("2026-03-29 01:00:00")),
            ("2026-03-29 01:30:00", "Europe/London", moment("2026-03-29 01:30:00")),
            # The overlap: 02:00 to 03:00 happened twice; taken as the second, winter, pass.
            ("2026-10-25 01:59:59", "Europe/Berlin", moment("2026-10-24 23:59:59")),
            ("2026-10-25 02:30:00", "Europe/Berlin", moment("2026-10-25 01:30:00")),
            ("2026-10-25 01:30:00", "Europe/London", moment("2026-10-25 01:30:00")),
            ("2026-11-01 01:30:00", "America/New_York", moment("2026-11-01 06:30:00")),
            (None, "Europe/Berlin", None),
            ("2026-07-15 12:00:00", None, None),
        ],
    ),
    Family(
        "parse_local_timestamp_iso",
        "{{ parse_local_timestamp('a', 'iso', 'b') }}",
        [
            ("2026-07-15T12:00:00", "Europe/Berlin", moment("2026-07-15 10:00:00")),
            (" 2026-07-15 12:00 ", "Europe/Berlin", moment("2026-07-15 10:00:00")),
            # An offset or Z has said it all: the zone must not shift it once more.
            ("2026-07-15T12:00:00Z", "Europe/Berlin", moment("2026-07-15 12:00:00")),
            ("2026-07-15T12:00:00.5z ", "Europe/Berlin", moment("2026-07-15 12:00:00.5")),
            ("2026-07-15 12:00:00 +02:00", "Europe/Berlin", moment("2026-07-15 10:00:00")),
            ("2026-07-15T12:00-0530", "Europe/Berlin", moment("2026-07-15 17:30:00")),
            ("2026-07-15T12:00:00+00", "Europe/London", moment("2026-07-15 12:00:00")),
            ("2026-07-15T12:00:00Z", None, moment("2026-07-15 12:00:00")),
            # The day of a date is no offset.
            ("2026-07-15", "Europe/Berlin", moment("2026-07-14 22:00:00")),
            ("2026-02-30T12:00:00Z", "Europe/Berlin", None),
            ("noon Z", "Europe/Berlin", None),
            (None, "Europe/Berlin", None),
        ],
    ),
    Family(
        "parse_local_timestamp_dmy_dots",
        "{{ parse_local_timestamp('a', 'dmy_dots', 'b') }}",
        [
            ("15.07.2026 12:00:00", "Europe/Berlin", moment("2026-07-15 10:00:00")),
            ("15.01.2026", "Europe/Berlin", moment("2026-01-14 23:00:00")),
            ("2026-07-15T12:00:00Z", "Europe/Berlin", None),
        ],
    ),
    Family(
        "local_date",
        "{{ local_date('cast(a as timestamp)', 'b') }}",
        [
            ("2026-07-01 22:59:59", "Europe/London", date(2026, 7, 1)),
            ("2026-07-01 23:00:00", "Europe/London", date(2026, 7, 2)),
            ("2026-01-01 23:00:00", "Europe/London", date(2026, 1, 1)),
            ("2026-01-01 23:00:00", "Europe/Berlin", date(2026, 1, 2)),
            (None, "Europe/Berlin", None),
        ],
    ),
    Family(
        "days_between",
        "{{ days_between('cast(a as timestamp)', 'cast(b as timestamp)') }}",
        [
            ("2026-01-01 23:59:59", "2026-01-02 00:00:00", 1),
            ("2026-02-01", "2026-01-01", -31),
            ("2026-01-01", None, None),
        ],
    ),
    Family(
        "seconds_between",
        "{{ seconds_between('cast(a as timestamp)', 'cast(b as timestamp)') }}",
        [
            ("2026-01-01 00:00:00.9", "2026-01-01 00:00:02", 1),
            ("2026-01-01 00:00:02", "2026-01-01 00:00:00.9", -1),
            ("2026-01-01", "2027-01-01", 31536000),
            (None, "2026-01-01", None),
        ],
    ),
    Family(
        "add_days",
        "{{ add_days('cast(a as date)', 'cast(b as integer)') }}",
        [
            ("2026-02-27", "2", moment("2026-03-01")),
            ("2026-03-01", "-1", moment("2026-02-28")),
            (None, "1", None),
        ],
    ),
    Family(
        "add_months",
        "{{ add_months('cast(a as date)', 'cast(b as integer)') }}",
        [
            ("2026-01-31", "1", moment("2026-02-28")),
            ("2026-03-01", "-3", moment("2025-12-01")),
            (None, "1", None),
        ],
    ),
    Family(
        "months_between",
        "{{ months_between('cast(a as date)', 'cast(b as timestamp)') }}",
        [
            ("2026-01-31", "2026-02-01 00:00:00", 1),
            ("2025-11-01", "2026-02-28 23:59:59", 3),
            ("2026-02-01", "2026-01-31 00:00:00", -1),
            (None, "2026-01-01", None),
        ],
    ),
    Family(
        "add_hours",
        "{{ add_hours('cast(a as timestamp)', 36) }}",
        [("2026-02-27 12:30:00", moment("2026-03-01 00:30:00"))],
    ),
    *[
        Family(
            f"date_trunc_to_{unit}",
            f"{{{{ date_trunc_to('{unit}', 'cast(a as timestamp)') }}}}",
            [("2026-03-01 14:05:11", expected), (None, None)],
        )
        for unit, expected in [
            ("hour", moment("2026-03-01 14:00:00")),
            ("day", moment("2026-03-01")),
            ("week", moment("2026-02-23")),
            ("month", moment("2026-03-01")),
            ("year", moment("2026-01-01")),
        ]
    ],
]
