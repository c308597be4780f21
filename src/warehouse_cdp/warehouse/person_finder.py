"""Finding a person in the warehouse by anything that names them, and gathering what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.privacy import HeldValue, Naming, Person, naming, tombstone, visitors
from warehouse_cdp.privacy.person import REQUEST_ID
from warehouse_cdp.privacy.routes import CONSENT, CUSTOMER, EVENT, ORDER, RECORD, REQUEST
from warehouse_cdp.warehouse.connection import in_target, quoted
from warehouse_cdp.warehouse.profile import STATE_ALIAS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warehouse_cdp.warehouse.profile import Target

REQUEST_TYPES = {"erase": "erasure", "export": "access"}


def find_customer(
    connection: duckdb.DuckDBPyConnection, target: Target, named: Naming, purpose: str
) -> str:
    """The one customer that a naming leads to.

    ``purpose`` is ``erase`` or ``export``: a request must be one for that.

    Raises:
        InputDataError: nobody, or several customers; identity has not been built.
        ConfigurationError: the request is of another type or names no contact point.
    """
    try:
        if named.kind == REQUEST_ID:
            named = _named_in_request(connection, target, named, purpose)
        found = _customers(connection, target, named)
    except duckdb.CatalogException:
        message = f"{target.place} holds no identities: run `dbt build --target {target.name}`"
        raise InputDataError(message) from None
    if len(found) == 1:
        return found[0]
    what = named.kind.replace("_", " ")
    if found:
        message = (
            f"the {what} leads to {len(found)} customers: {', '.join(found)}. Look at them and "
            "name one with --customer-id"
        )
        raise InputDataError(message)
    if _is_suppressed(connection, target, named):
        message = f"nobody has this {what} any more: it was erased, and its tombstone is in place"
        raise InputDataError(message)
    message = (
        f"nobody has this {what}. If it was loaded after the last build run "
        f"`dbt build --target {target.name}` first"
    )
    raise InputDataError(message)


def gather(connection: duckdb.DuckDBPyConnection, target: Target, customer_id: str) -> Person:
    """Everything that is a customer's: ids, records (deleted ones too), identifiers, visitors."""

    def fetch(sql: str, values: Iterable[str]) -> list[tuple[str, ...]]:
        text = in_target(sql.replace("{log}", _log(target)), target)
        return connection.execute(text, [sorted(values)]).fetchall()

    customers = {customer_id}
    customers |= {row[0] for row in fetch(_RETIRED_IDS, customers)}
    records = {row[0] for row in fetch(_RECORDS, customers)}
    records |= {row[0] for row in fetch(_REMOVED_RECORDS, customers)}
    elsewhere = {row[0] for row in fetch(_IDS_OF_OTHERS, records)}
    held = [HeldValue(*row) for row in fetch(_IDENTIFIERS, customers)]  # type: ignore[arg-type]
    held += visitors(fetch(_VISITORS, customers))  # type: ignore[arg-type]
    own = {f"{one.kind}:{one.value}" for one in held if not one.is_shared and not one.is_blocked}
    keys = {(ORDER, row[0]) for row in fetch(_ORDERS, customers | records)}
    keys |= {(EVENT, row[0]) for row in fetch(_EVENTS, customers)}
    for kind, sql in ((CONSENT, _CONSENTS), (REQUEST, _REQUESTS)):
        for (key,) in fetch(sql, own):
            keys |= {(kind, key), (kind, key.split("#", 1)[0])}
    return Person(
        customer_id=customer_id,
        customer_ids=frozenset(customers),
        private_ids=frozenset(customers - elsewhere),
        record_ids=frozenset(records),
        held=tuple(sorted(held, key=lambda one: (one.kind, one.value))),
        keys=frozenset(keys),
    )


def _log(target: Target) -> str:
    return quoted(STATE_ALIAS, target.state_schema, "identity_assignments")


_RETIRED_IDS = """
    select retired_customer_id
    from {identity}.customer_id_aliases
    where list_contains($1, customer_id)
"""
_RECORDS = """
    select record_id from {identity}.identity_map where list_contains($1, customer_id)
"""
# Records that their source deleted are in no table any more, but their raw rows are there.
_REMOVED_RECORDS = """
    select record_id
    from {log}
    group by record_id
    having
        list_contains($1, arg_max(coalesce(customer_id, previous_customer_id), run_number))
        and not starts_with(record_id, 'erased:')
"""
_IDS_OF_OTHERS = """
    select distinct unnest([customer_id, previous_customer_id])
    from {log}
    where not list_contains($1, record_id) and not starts_with(record_id, 'erased:')
"""
_IDENTIFIERS = """
    with held as (
        select identifiers.identifier_type, identifiers.identifier_value, identity_map.customer_id,
            identifiers.is_blocked
        from {identity}.identity_identifiers as identifiers
        inner join {identity}.identity_map as identity_map using (record_id)
    )
    select identifier_type, identifier_value, bool_or(not list_contains($1, customer_id)),
        bool_or(coalesce(is_blocked, false))
    from held
    group by identifier_type, identifier_value
    having bool_or(list_contains($1, customer_id))
"""
_VISITORS = """
    select
        anonymous_id,
        bool_or(is_ambiguous or customer_id is null or not list_contains($1, customer_id))
    from {identity}.identity_visitors
    group by anonymous_id
    having bool_or(list_contains($1, customer_id))
"""
_ORDERS = """
    select order_id
    from {marts}.orders
    where list_contains($1, customer_id) or list_contains($1, person_record_id)
    union
    select order_id from {intermediate}.int_orders_unioned where list_contains($1, person_record_id)
"""
_EVENTS = "select event_id from {marts}.customer_events where list_contains($1, customer_id)"
_CONSENTS = """
    select consent_event_id
    from {intermediate}.int_consents_unioned
    where list_contains($1, contact_point_type || ':' || contact_point)
"""
_REQUESTS = """
    select privacy_request_id
    from {intermediate}.int_privacy_requests_unioned
    where list_contains($1, contact_point_type || ':' || contact_point)
"""


def _customers(connection: duckdb.DuckDBPyConnection, target: Target, named: Naming) -> list[str]:
    sql = {
        CUSTOMER: """
            select customer_id from {identity}.identity_map where customer_id = $1
            union
            select customer_id from {identity}.customer_id_aliases
            where retired_customer_id = $1 and customer_id is not null
        """,
        RECORD: "select customer_id from {identity}.identity_map where record_id = $1",
    }.get(
        named.kind,
        """
        select distinct identity_map.customer_id
        from {identity}.identity_identifiers as identifiers
        inner join {identity}.identity_map as identity_map using (record_id)
        where identifiers.identifier_type = $2 and identifiers.identifier_value = $1
        """,
    )
    values = [named.value] if "$2" not in sql else [named.value, named.kind]
    rows = connection.execute(in_target(sql, target), values).fetchall()
    return sorted({str(row[0]) for row in rows})


def _named_in_request(
    connection: duckdb.DuckDBPyConnection, target: Target, named: Naming, purpose: str
) -> Naming:
    rows = connection.execute(
        in_target(
            "select request_type, contact_point_type, contact_point "
            "from {intermediate}.int_privacy_requests_unioned "
            "where privacy_request_id = $1 or split_part(privacy_request_id, ':', 2) = $1 "
            "order by privacy_request_id",
            target,
        ),
        [named.value],
    ).fetchall()
    if not rows:
        message = f"no privacy request {named.value!r} in int_privacy_requests_unioned"
        raise InputDataError(message)
    request_type, kind, value = rows[0]
    wanted = REQUEST_TYPES[purpose]
    if request_type != wanted:
        message = f"privacy request {named.value!r} is about {request_type}, not {wanted}"
        raise ConfigurationError(message)
    if len(rows) > 1 or value is None:
        message = (
            f"privacy request {named.value!r} names no single contact point that can be read: name "
            "the person by another identifier"
        )
        raise ConfigurationError(message)
    return naming(str(kind), str(value))


def _is_suppressed(connection: duckdb.DuckDBPyConnection, target: Target, named: Naming) -> bool:
    table = quoted(STATE_ALIAS, target.state_schema, "suppressed_identifiers")
    hashed = tombstone(named.kind, named.value, target.hash_key)
    # The name is quoted and from the profile: no value ever stands in this text.
    sql = f"select count(*) from {table} where identifier_hash = $1"  # noqa: S608
    found = connection.execute(sql, [hashed]).fetchone()
    return bool(found and found[0])
