"""Hashes by which several customers are known at a destination: nobody takes them from another.

Where a destination knows people by the hash of an address, two customers may stand for one member:
they share the address, or it passed from one to the other. Whoever leaves, or changes, must then
not take the member away from who stays. What is spared is left to who still holds it: a row that
is not sent at all, else of those that are sent for a change the last one. An address that nobody
holds any more is removed by all who did.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.sync_sessions import Session

_PLANNED = "outbox.sync_name = $sync and outbox.run_id = $run and outbox.status = 'planned'"


def spare_shared_tokens(session: Session, sync_name: str, run_id: str) -> int:
    """Take out of the open plan what a row would remove that another still holds.

    Only readable tokens (hashes) can be compared; sealed ones cannot. Returns how many rows of
    the plan were changed.
    """
    named = {"sync": sync_name, "run": run_id}
    outbox, state = session.state("sync_outbox"), session.state("sync_state")
    readable = "remembered like '{%'"
    any_planned = session.rows(
        f"select 1 from {outbox} as outbox where {_PLANNED} and outbox.{readable} limit 1",  # noqa: S608
        named,
    )
    if not any_planned:
        return 0
    shared = session.rows(
        f"""
        with leaving as (
            select outbox.sync_key, outbox.rekeyed_from, outbox.operation, told.token
            from {outbox} as outbox
            cross join lateral ({session.texts_in("outbox.remembered")}) as told
            where {_PLANNED} and outbox.{readable}
        ),
        staying as (
            select
                acknowledged.sync_key,
                outbox.sync_key as planned_key,
                told.token
            from {state} as acknowledged
            cross join lateral ({session.texts_in("acknowledged.remembered")}) as told
            left join {outbox} as outbox
                on {_PLANNED}
                and acknowledged.sync_key = coalesce(outbox.rekeyed_from, outbox.sync_key)
            where acknowledged.sync_name = $sync and acknowledged.{readable}
                and coalesce(outbox.operation, '') <> 'remove'
        )
        select distinct leaving.sync_key, leaving.token
        from leaving
        inner join staying
            on leaving.token = staying.token
            and coalesce(leaving.rekeyed_from, leaving.sync_key) <> staying.sync_key
        where leaving.operation = 'remove'
            or staying.planned_key is null
            or staying.planned_key > leaving.sync_key
        """,  # noqa: S608
        named,
    )
    tokens: dict[str, set[str]] = {}
    for key, token in shared:
        tokens.setdefault(str(key), set()).add(str(token))
    if not tokens:
        return 0
    session.load("sync_sparing", {"sync_key": "text"}, [sorted(tokens)])
    remembered = session.rows(
        f"select outbox.sync_key, outbox.remembered from {outbox} as outbox "  # noqa: S608
        f"inner join sync_sparing on outbox.sync_key = sync_sparing.sync_key where {_PLANNED}",
        named,
    )
    spared = [[key, _without(str(text), tokens[str(key)])] for key, text in sorted(remembered)]
    session.load(
        "sync_spared", {"sync_key": "text", "remembered": "text"}, list(zip(*spared, strict=True))
    )
    session.run(
        f"""
        update {outbox} as outbox
        set remembered = sync_spared.remembered
        from sync_spared
        where {_PLANNED} and outbox.sync_key = sync_spared.sync_key
        """,  # noqa: S608
        named,
    )
    return len(spared)


def _without(remembered: str, tokens: set[str]) -> str:
    kept = {name: token for name, token in json.loads(remembered).items() if token not in tokens}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))
