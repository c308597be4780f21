"""A run of the matcher in the warehouse: in full, or only what changed since the last run.

``identity_pairs`` holds, beside the pairs, what the run saw: a row a record (``outcome`` seen, the
record and its identifiers as JSON in ``seen``) and a row of its own (``outcome`` run, the terms it
ran on as JSON in ``evidence``). They are replaced with the pairs at once, so that what is there
always belongs together. The next run compares what it sees by SQL, takes only what differs into
memory, and hands the rows of untouched pairs on. Where the terms differ, or rows are missing, it
links everything and says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Final

import duckdb
import pandas as pd
import pyarrow as pa

from warehouse_cdp.linkage import (
    LINK_COLUMNS,
    PAIR_COLUMNS,
    LinkResult,
    Seen,
    as_table,
    link_records,
    newest_model,
    read_frozen,
    relink,
    text_columns,
)
from warehouse_cdp.warehouse.identity_seen import Inputs, SeenNow, as_arrow, seen_before, seen_now

if TYPE_CHECKING:
    from warehouse_cdp.linkage import ActiveOverrides, LinkageSettings, Relinked

FULL, INCREMENTAL = "full", "incremental"
MOST_CHANGED: Final = 0.2
"""Share of the records that may differ; of more a full run costs hardly more and holds less."""
_FEW_RECORDS: Final = 50
_RUN, _SEEN, _RECORD = "run", "seen", "record"
_LINK_COLUMNS = "left_record_id, right_record_id, rule, decision, cut_by"


@dataclass(frozen=True)
class Terms:
    """What two runs must have in common so that the second may go on from the first."""

    match_model: str
    settings: str
    version: str


@dataclass(frozen=True)
class Run:
    """What is told of a run: how it ran and why, and how much it did.

    ``changed_record_count`` are records that are new, gone or different,
    ``touched_record_count`` those whose pairs were made anew.
    """

    build_id: str
    mode: str
    reason: str
    terms: Terms
    record_count: int
    link_count: int
    changed_record_count: int
    touched_record_count: int
    compared_pair_count: int


class _CannotGoOnError(Exception):
    """Why a run cannot go on from the last one."""


def match(
    session: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    this: object,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    build_id: str,
    *,
    anew: str | None = None,
) -> duckdb.DuckDBPyRelation:
    """The rows of ``identity_pairs``: those of the last run brought up to date, or all anew.

    ``this`` names the table as the last run left it, if it did; ``anew`` says why it is not to be
    gone on from.
    """
    model = newest_model(text_columns(inputs.model.df()))
    terms = Terms(*_terms(model, settings))
    now = seen_now(session, inputs)
    reason = anew
    if not reason:
        try:
            last = _last_run(session, this, terms)
            return _incremental(session, now, this, last, model, overrides, settings, build_id)
        except _CannotGoOnError as error:
            reason = str(error)
    return _full(session, now, model, overrides, settings, build_id, terms, reason)


def _terms(model: pd.DataFrame, settings: LinkageSettings) -> tuple[str, str, str]:
    name = str(model["model_id"].iloc[0]) if len(model) else "none"
    return name, json.dumps(vars(settings), sort_keys=True, default=_plain), version_of_matcher()


def _plain(value: object) -> object:
    """A mapping or a dataclass, as settings have them, as a dictionary."""
    return dict(value) if isinstance(value, Mapping) else vars(value)


def version_of_matcher() -> str:
    """A hash of the code that decides what is linked: another version links everything anew."""
    digest = hashlib.sha256()
    for package in ("warehouse_cdp.linkage", "warehouse_cdp.matching"):
        for file in sorted(resources.files(package).iterdir(), key=lambda file: file.name):
            if file.name.endswith(".py"):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _last_run(session: duckdb.DuckDBPyConnection, this: object, terms: Terms) -> Run:
    """The last run, if this one can go on from it."""
    try:
        told = session.sql(
            f"select evidence from {this} where outcome = '{_RUN}'"  # noqa: S608
        ).fetchall()
        (counts,) = session.sql(
            f"select count(*) filter (where outcome = '{_SEEN}'), "  # noqa: S608
            f"count(*) filter (where decision is not null) from {this}"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        reason = "no earlier run is there"
        raise _CannotGoOnError(reason) from error
    if len(told) != 1:
        reason = "the earlier run does not say what it saw"
        raise _CannotGoOnError(reason)
    found = json.loads(told[0][0])
    last = Run(**{**found, "terms": Terms(**found["terms"])})
    for name, was, now in zip(
        ("match model", "settings", "version of the matcher"),
        asdict(last.terms).values(),
        asdict(terms).values(),
        strict=True,
    ):
        if was != now:
            reason = f"another {name} than in the earlier run"
            raise _CannotGoOnError(reason)
    if counts != (last.record_count, last.link_count):
        reason = "rows of the earlier run are missing, as after an erasure"
        raise _CannotGoOnError(reason)
    return last


def _incremental(
    session: duckdb.DuckDBPyConnection,
    now: SeenNow,
    this: object,
    last: Run,
    model: pd.DataFrame,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    build_id: str,
) -> duckdb.DuckDBPyRelation:
    frozen = read_frozen(model)
    if frozen is None or frozen.budget != settings.max_pairs_per_rule:
        reason = "the match model holds no blocking for these settings"
        raise _CannotGoOnError(reason)
    matcher_fresh = now.rows
    changed = as_arrow(
        session.sql(
            f"""
            select coalesce(fresh.record_id, past.left_record_id) as record_id, past.seen
            from matcher_fresh as fresh
            full join (
                select left_record_id, seen from {this} where outcome = '{_SEEN}'
            ) as past on fresh.record_id = past.left_record_id
            where fresh.seen is distinct from past.seen
            """  # noqa: S608
        )
    )
    most = max(MOST_CHANGED * last.record_count, _FEW_RECORDS)
    if changed.num_rows > most:
        reason = f"{changed.num_rows} of {last.record_count} records changed"
        raise _CannotGoOnError(reason)
    links = as_arrow(
        session.sql(f"select {_LINK_COLUMNS} from {this} where decision is not null")  # noqa: S608
    )
    counts = session.sql(
        f"select rule, outcome, pair_count from {this} "  # noqa: S608
        f"where decision is null and outcome not in ('{_RUN}', '{_SEEN}')"
    ).df()
    found = relink(
        seen_before(changed), Seen(now.records, now.identifiers), links, counts, model, overrides,
        settings, changed["record_id"].combine_chunks(),
    )  # fmt: skip
    matcher_decided = pa.table({"record_id": found.decided_ids})
    stays = f"""
        from {this} as pairs
        anti join matcher_decided as decided on pairs.left_record_id = decided.record_id
        anti join matcher_decided as others on pairs.right_record_id = others.record_id
        where pairs.decision is not null
    """
    ((kept,),) = session.sql(f"select count(*) {stays}").fetchall()
    run = last
    # Where there was nothing to do the table stays as it is, what it tells of its run too.
    if found.changed or not _says_the_same(session, this, found):
        run = replace(
            last,
            build_id=build_id,
            mode=INCREMENTAL,
            reason="the earlier run held in all but what changed",
            record_count=now.rows.num_rows,
            link_count=kept + len(found.links),
            changed_record_count=found.changed,
            touched_record_count=found.touched,
            compared_pair_count=found.compared,
        )
    matcher_made = as_table("identity_pairs", _rows(found.links, found.counts, run))
    columns = ", ".join(PAIR_COLUMNS)
    result = session.sql(
        f"select {columns} from matcher_made union all by name "  # noqa: S608
        f"select {columns} {stays} union all by name {_SEEN_ROWS}"
    )
    del matcher_fresh, matcher_decided, matcher_made
    return result


def _says_the_same(session: duckdb.DuckDBPyConnection, this: object, found: Relinked) -> bool:
    """Whether the links found are those that they replace."""
    matcher_links = as_table("identity_pairs", found.links)
    matcher_decided = pa.table({"record_id": found.decided_ids})
    columns = ", ".join(LINK_COLUMNS)
    new = f"select {columns} from matcher_links"  # noqa: S608
    replaced = f"""
        select {columns}
        from {this}
        where
            decision is not null
            and (
                left_record_id in (select record_id from matcher_decided)
                or right_record_id in (select record_id from matcher_decided)
            )
    """  # noqa: S608
    ((differing,),) = session.sql(
        f"select count(*) from (({new} except ({replaced})) "  # noqa: S608
        f"union all (({replaced}) except {new}))"
    ).fetchall()
    del matcher_links, matcher_decided
    return int(differing) == 0


def _full(
    session: duckdb.DuckDBPyConnection,
    now: SeenNow,
    model: pd.DataFrame,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    build_id: str,
    terms: Terms,
    reason: str,
) -> duckdb.DuckDBPyRelation:
    records = text_columns(now.records.to_pandas())
    identifiers = text_columns(now.identifiers.to_pandas())
    # What identifies nobody is gone from both already.
    nothing = pd.DataFrame({"identifier_type": [], "identifier_key": []}, dtype=object)
    found = link_records(records, identifiers, nothing, model, overrides, settings)
    count = len(records)
    compared = found.counts.loc[found.counts["outcome"] == "compared", "pair_count"].sum()
    run = Run(build_id, FULL, reason, terms, count, len(found.links), count, count, int(compared))
    matcher_made = as_table("identity_pairs", _rows(found.links, found.counts, run))
    matcher_fresh = now.rows
    columns = ", ".join(PAIR_COLUMNS)
    result = session.sql(
        f"select {columns} from matcher_made union all by name {_SEEN_ROWS}"  # noqa: S608
    )
    del matcher_made, matcher_fresh
    return result


_SEEN_ROWS: Final = (
    "select record_id as left_record_id, cast(null as varchar) as right_record_id, "  # noqa: S608
    f"'{_RECORD}' as rule, cast(null as varchar) as evidence, seen, "
    "cast(null as varchar) as decision, cast(null as varchar) as cut_by, "
    "cast(null as double) as match_weight, cast(null as double) as match_probability, "
    f"'{_SEEN}' as outcome, cast(0 as bigint) as pair_count from matcher_fresh"
)


def _rows(links: pd.DataFrame, counts: pd.DataFrame, run: Run) -> pd.DataFrame:
    told = {"rule": "matcher", "outcome": _RUN, "pair_count": 0}
    told["evidence"] = json.dumps(asdict(run), sort_keys=True)
    return pd.concat([LinkResult(links, counts).pairs(), pd.DataFrame([told])], ignore_index=True)
