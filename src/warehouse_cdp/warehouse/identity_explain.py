"""Reads from the warehouse what is to be explained: two records, or a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.explain import Asked, Change, Exchange, Facts, Link, Record, parse_evidence
from warehouse_cdp.warehouse.connection import (
    NOT_THERE,
    in_target,
    open_any_warehouse,
    state_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warehouse_cdp.warehouse.connection import Connection
    from warehouse_cdp.warehouse.profile import AnyTarget

_NEAREST = 3
_SHORTEST_PREFIX = 4
_KEYS_OF_FIELDS = {
    "given_name": ("given_name_key",),
    "family_name": ("family_name_key",),
    "birth_date": ("birth_date_key",),
    "email": ("email_key",),
    "phone": ("phone_key",),
    "address": ("street_key", "house_number_key"),
    "address_line": ("street_key", "house_number_key"),
    "place": ("postal_code_key", "city_key"),
    "postal_code": ("postal_code_key",),
    "city": ("city_key",),
    "country": ("country_code",),
    "company": ("company_key",),
    "national_id": ("national_id_key",),
}
"""Columns of ``identity_records`` that a field of the evidence was compared by."""
_SEVERAL_VALUES = ("email", "phone", "national_id")


def read_facts(target: AnyTarget, names: Sequence[str], *, with_values: bool = False) -> Facts:
    """What is known of a customer (one name), or of two records (two names).

    One name may be a customer, also by an id it had before, or a record, which stands for its
    customer. ``with_values`` adds what the matcher saw of each record: personal data.

    Raises:
        InputDataError: identity has not been built, or nothing has this name; the nearest names
            are told, never the name itself, which may be a person's.
        ConfigurationError: two names, and one is a customer.
        WarehouseBusyError: another process holds the warehouse.
    """
    with open_any_warehouse(target) as connection:
        reader = _Reader(connection, target)
        try:
            asked = tuple(reader.asked(name, place) for place, name in enumerate(names, 1))
            if len(asked) > 1 and any(one.record_id is None for one in asked):
                message = (
                    "two names must both be records (`<source>:<key>`), and one is a customer: "
                    "`cdp explain CUSTOMER` lists its records"
                )
                raise ConfigurationError(message)
            return reader.facts(asked, with_values=with_values)
        except NOT_THERE:
            message = f"{target.place} holds no identities: run `dbt build --target {target.name}`"
            raise InputDataError(message) from None


class _Reader:
    def __init__(self, connection: Connection, target: AnyTarget) -> None:
        self._connection = connection
        self._target = target

    def _rows(self, template: str, *parameters: object) -> list[tuple[Any, ...]]:
        log = state_table(self._target, "identity_assignments")
        sql = in_target(template.replace("{log}", log), self._target)
        return self._connection.execute(sql, list(parameters)).fetchall()

    def asked(self, name: str, place: int) -> Asked:
        """What a name means now.

        Raises:
            InputDataError: nothing has it, or what had it is gone.
        """
        for kind, customer_id in self._rows(_MEANINGS, name):
            if customer_id is None:
                message = (
                    f"name {place} is a {kind} that is gone: its source no longer has "
                    "the records. identity_map_history says whose they were"
                )
                raise InputDataError(message)
            return Asked(name, customer_id, name if kind == "record" else None)
        near = self._nearest(name)
        hint = (
            f"nearest are {', '.join(near)}"
            if near
            else "records are named `<source>:<key>` and customers `cus_…`, as in identity_map"
        )
        message = f"no record and no customer has the name given as number {place}; {hint}"
        raise InputDataError(message)

    def _nearest(self, name: str) -> list[str]:
        """Names that begin as this one does, as far as any does."""
        for length in range(len(name), _SHORTEST_PREFIX - 1, -1):
            found = self._rows(_BEGINNING, name[:length], _NEAREST)
            if found:
                return [str(row[0]) for row in found]
        return []

    def facts(self, asked: tuple[Asked, ...], *, with_values: bool) -> Facts:
        """Everything about what was asked for."""
        customers = sorted({one.customer_id for one in asked})
        links = tuple(
            Link(left, right, rule, decision, cut_by, weight, chance, parse_evidence(evidence))
            for left, right, rule, evidence, decision, cut_by, weight, chance in self._rows(
                _LINKS, customers
            )
        )
        ends = sorted({end for link in links for end in link.ends})
        records = {row[0]: Record(*row) for row in self._rows(_RECORDS, customers, ends)} or {}
        for end in ends:
            records.setdefault(end, Record(end, end.partition(":")[0], None))
        values = self._values(records) if with_values else {}
        return Facts(asked, records, links, self._changes(customers), values)

    def _changes(self, customers: list[str]) -> tuple[Change, ...]:
        moved: dict[str, list[tuple[str | None, str | None, int]]] = {}
        for run_id, origin, goal, count in self._rows(_EXCHANGES, customers):
            moved.setdefault(str(run_id), []).append((origin, goal, int(count)))
        return tuple(
            Change(
                customer_id, change_type, run_id, recorded_at, int(count),
                tuple(
                    Exchange(origin, goal, number)
                    for origin, goal, number in moved.get(str(run_id), [])
                    if customer_id in (origin, goal)
                ),
            )
            for customer_id, change_type, run_id, recorded_at, count in self._rows(
                _CHANGES, customers
            )
        )  # fmt: skip

    def _values(self, records: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
        ids = sorted(records)
        cursor = self._connection.execute(in_target(_KEYS, self._target), [ids])
        names = [column[0] for column in cursor.description or ()]
        values: dict[str, dict[str, tuple[str, ...]]] = {}
        for row in cursor.fetchall():
            keys = dict(zip(names, row, strict=True))
            values[str(keys["record_id"])] = {
                field: (" ".join(told),)
                for field, columns in _KEYS_OF_FIELDS.items()
                if (told := [str(keys[name]) for name in columns if keys.get(name) is not None])
            }
        for record_id, kind, value in self._rows(_IDENTIFIERS, ids, list(_SEVERAL_VALUES)):
            held = values.setdefault(str(record_id), {})
            held[str(kind)] = tuple(dict.fromkeys((*held.get(str(kind), ()), str(value))))
        return values


_MEANINGS = """
    select 'customer' as kind, min(customer_id) as customer_id
    from {identity}.identity_map where customer_id = $1 having count(*) > 0
    union all
    select 'customer id', customer_id
    from {identity}.customer_id_aliases where retired_customer_id = $1
    union all
    select 'record', customer_id from {identity}.identity_map where record_id = $1
    union all
    select 'record', max(null::text)
    from {identity}.identity_map_history
    where record_id = $1
    having count(*) > 0 and count(*) filter (where valid_to is null) = 0
"""
_BEGINNING = """
    select name from (
        select distinct customer_id as name from {identity}.identity_map
        union
        select record_id from {identity}.identity_map
    ) as names
    where starts_with(name, $1)
    order by name
    limit $2
"""
_LINKS = """
    with members as (
        select record_id from {identity}.identity_map where customer_id = any($1)
    )
    select left_record_id, right_record_id, rule, evidence, decision, cut_by,
        match_weight::double precision,
        match_probability::double precision
    from {identity}.identity_links
    where left_record_id in (select record_id from members)
        or right_record_id in (select record_id from members)
    order by left_record_id, right_record_id, decision, rule
"""
_RECORDS = """
    select record_id, source, customer_id, assigned_at
    from {identity}.identity_map
    where customer_id = any($1) or record_id = any($2)
"""
_CHANGES = """
    select customer_id, change_type, run_id, recorded_at, record_count
    from {identity}.identity_changes
    where customer_id = any($1)
    order by run_number, customer_id
"""
_EXCHANGES = """
    select run_id, previous_customer_id, customer_id, count(*)
    from {log}
    where customer_id = any($1) or previous_customer_id = any($1)
    group by 1, 2, 3
    order by 1, 2 nulls last, 3 nulls last
"""
_KEYS = "select * from {identity}.identity_records where record_id = any($1)"
_IDENTIFIERS = """
    select record_id, identifier_type, identifier_key
    from {identity}.identity_identifiers
    where record_id = any($1) and identifier_type = any($2)
        and identifier_key is not null and not coalesce(is_blocked, false)
    order by record_id, identifier_type, identifier_key
"""
