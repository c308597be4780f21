"""The plan of a sync as SQL that reads the same on every engine.

Names come quoted from the manifest; every value, even the name of a field at the destination, is
a parameter (``$name``). What differs between engines is a ``Dialect``.

The comparison reads the model, the candidates and the state once each and keeps only what differs:
rows of millions of customers pass through, and only the few that changed are looked at closely.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warehouse_cdp.activation.config import SyncConfig

HASH_LENGTH = 32
"""Hexadecimal characters of the keyed hash of a row: 128 bits."""

COLUMN_HASH_LENGTH = 6
"""Of the keyed hash of one value, kept to name the columns that changed: 24 bits."""

META_COLUMNS = 12
"""Columns of ``payload`` that stand before the content of the row."""

Parameters = dict[str, object]


class Dialect(Protocol):
    """The words in which engines differ."""

    def sha256(self, expression: str) -> str:
        """Lower-case hex SHA-256 of a text."""

    def state(self, table: str) -> str:
        """The quoted name of a table of the state."""


PRIVACY_REASONS = frozenset(
    {"no_consent", "denied", "withdrawn", "not_granted", "open_erasure", "suppressed"}
)
"""Reasons that a person gave us: a removal for one of these passes every guard."""

ERASURE_REASONS = frozenset({"open_erasure", "suppressed"})
"""Those that ask for more than to be left alone."""


def quoted(name: str) -> str:
    """Return a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def mapping_hash(config: SyncConfig) -> str:
    """A fingerprint of what is sent under which name: rows sent under another are sent again."""
    said = [[column.source, column.target, column.transform or ""] for column in config.columns]
    text = json.dumps([sorted(said), list(config.key)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class SyncSql:
    """The pieces of SQL about one sync."""

    config: SyncConfig
    dialect: Dialect

    def parameters(self, hash_key: str) -> Parameters:
        """Values of the parameters that the pieces share."""
        config = self.config
        contact = config.contact_point
        names: Parameters = {
            f"target_{place}": "~".join(filter(None, (column.target, column.transform)))
            for place, column in enumerate(config.columns)
        }
        names |= {f"purpose_{place}": purpose for place, purpose in enumerate(config.purposes)}
        return names | {
            "sync": config.name,
            "secret": hash_key,
            "mapping": mapping_hash(config),
            "rules": config.hash_rules_version,
            "contact_type": contact.type if contact else None,
            "contact_channel": contact.channel if contact else None,
        }

    def key(self, table: str) -> str:
        """The key of a row as one text; null where any part of it is null or empty."""
        return " || '|' || ".join(_part(table, name) for name in self.config.key)

    def rest(self, table: str) -> str:
        """The parts of the key beside the customer, as one text."""
        others = [_part(table, name) for name in self.config.key if name != "customer_id"]
        return " || '|' || ".join(others) or "''"

    def row_hash(self, table: str) -> str:
        """The keyed hash of what is sent: a null, an empty text and a moved border all differ."""
        columns = sorted(
            range(len(self.config.columns)), key=lambda place: self.config.columns[place].target
        )
        texts = [
            f"coalesce($target_{place} || '=' || length({text}) || ':' || {text}, "
            f"$target_{place} || '=-')"
            for place in columns
            for text in (text_of(table, self.config.columns[place].source),)
        ]
        body = " || chr(10) || ".join(["$secret", *texts])
        return f"substr({self.dialect.sha256(body)}, 1, {HASH_LENGTH})"

    def column_hashes(self, table: str) -> str:
        """Short keyed hashes of the values, joined; of a row, so that equal values do not show."""
        parts = [
            f"substr({self.dialect.sha256(body)}, 1, {COLUMN_HASH_LENGTH})"
            for column in self.config.columns
            for text in (text_of(table, column.source),)
            for body in (
                f"$secret || {text_of(table, 'customer_id')} || coalesce(chr(10) || {text}, '-')",
            )
        ]
        return " || ".join(parts)

    def same_key(self, table: str, other: str) -> str:
        """Whether two rows have the same key."""
        return " and ".join(
            f"{other}.{quoted(name)} = {table}.{quoted(name)}" for name in self.config.key
        )

    def granted(self, candidate: str) -> str:
        """Whether every purpose is granted to the candidate, at the address that would be used."""
        contact = self.config.contact_point
        conditions = []
        for place in range(len(self.config.purposes)):
            person = (
                f"select 1 from {self.config.customer_consents_relation} as person_consent "  # noqa: S608
                f"where person_consent.customer_id = {candidate}.customer_id "
                f"and person_consent.purpose = $purpose_{place}"
            )
            if contact is None:
                conditions.append(f"exists ({person} and person_consent.is_granted)")
                continue
            channel = "and consent.channel = $contact_channel" if contact.channel else ""
            conditions.append(
                f"exists (select 1 from {self.config.consents_relation} as consent "  # noqa: S608
                f"where consent.contact_point = {candidate}.{quoted(contact.column)} "
                f"and consent.contact_point_type = $contact_type {channel} "
                f"and consent.purpose = $purpose_{place} and consent.is_granted)"
            )
            conditions.append(
                f"not exists ({person} and not coalesce(person_consent.is_granted, false))"
            )
        return " and ".join(conditions)

    def allowed(self, table: str) -> str:
        """Whether a row of the model may be sent: whatever the model says, nobody else is."""
        config, contact = self.config, self.config.contact_point
        agrees = ""
        if contact is not None and contact.is_in_model:
            column = quoted(contact.column)
            agrees = f"and candidate.{column} = {table}.{column}"
        return (
            f"exists (select 1 from {config.candidates_relation} as candidate "  # noqa: S608
            f"where {self.same_key(table, 'candidate')} and candidate.holdback_reason is null "
            f"{agrees} and {self.granted('candidate')}) "
            f"and not exists (select 1 from {config.candidates_relation} as held "
            f"where {self.same_key(table, 'held')} and held.holdback_reason is not null) "
            f"and not exists (select 1 from {config.standings_relation} as standing "
            f"where standing.customer_id = {table}.customer_id "
            f"and standing.{quoted(config.standing_column)} is not null)"
        )

    def contact_value(self, table: str) -> str:
        """The address of a row of the model, to be compared with those of the erased."""
        contact = self.config.contact_point
        if contact is None:
            return "cast(null as text)"
        if contact.is_in_model:
            return text_of(table, contact.column)
        return (
            f"(select min(candidate.{quoted(contact.column)}) "  # noqa: S608
            f"from {self.config.candidates_relation} as candidate "
            f"where {self.same_key(table, 'candidate')} and candidate.holdback_reason is null)"
        )

    def wanted(self) -> str:
        """Rows that should be there: key, rest of the key, customer and hash."""
        return f"""
            select
                {self.key("model")} as sync_key,
                {self.rest("model")} as key_rest,
                {text_of("model", "customer_id")} as customer_id,
                {self.row_hash("model")} as row_hash
            from {self.config.relation} as model
            where {self.allowed("model")}
        """  # noqa: S608

    def base(self) -> str:
        """What is there: what was acknowledged, and what may have arrived without an answer.

        A row in doubt equals nothing, so that it is sent again or taken away.
        """
        state, outbox = self.dialect.state("sync_state"), self.dialect.state("sync_outbox")
        rest = "''" if self.config.key == ("customer_id",) else "acknowledged.key_rest"
        return f"""
            select
                coalesce(acknowledged.sync_key, doubtful.sync_key) as sync_key,
                coalesce(acknowledged.key_rest, doubtful.key_rest, {rest}) as key_rest,
                coalesce(acknowledged.customer_id, doubtful.customer_id) as customer_id,
                case
                    when doubtful.sync_key is null and acknowledged.mapping_hash = $mapping
                        and coalesce(acknowledged.hash_rules_version, '') = coalesce($rules, '')
                        then acknowledged.row_hash
                end as row_hash,
                acknowledged.sync_key is not null as is_acknowledged,
                acknowledged.row_hash as acknowledged_hash,
                coalesce(acknowledged.mapping_hash, '') = $mapping as has_mapping,
                coalesce(acknowledged.hash_rules_version, '') = coalesce($rules, '') as has_rules,
                coalesce(acknowledged.destination_key, doubtful.destination_key)
                    as destination_key,
                coalesce(acknowledged.destination_id, doubtful.destination_id) as destination_id,
                coalesce(doubtful.remembered, acknowledged.remembered) as remembered,
                doubtful.operation as doubt_operation,
                doubtful.row_hash as doubt_hash,
                doubtful.origin_run_id as doubt_run_id
            from (select * from {state} where sync_name = $sync) as acknowledged
            full join (
                select * from {outbox} where sync_name = $sync and status = 'in_doubt'
            ) as doubtful on acknowledged.sync_key = doubtful.sync_key
        """  # noqa: S608

    def difference(self, base: str | None = None) -> str:
        """Create ``sync_difference``: every key whose row is not there as it should be."""
        return f"""
            create temporary table sync_difference as
            with wanted as ({self.wanted()}),
            base as ({base or self.base()})
            select
                coalesce(wanted.sync_key, base.sync_key) as sync_key,
                coalesce(wanted.key_rest, base.key_rest) as key_rest,
                coalesce(wanted.customer_id, base.customer_id) as customer_id,
                wanted.row_hash,
                wanted.row_hash is not null as is_wanted,
                base.sync_key is not null as is_there,
                coalesce(base.is_acknowledged, false) as is_acknowledged,
                base.acknowledged_hash,
                coalesce(base.has_mapping, true) as has_mapping,
                coalesce(base.has_rules, true) as has_rules,
                base.destination_key,
                base.destination_id,
                base.remembered,
                base.doubt_operation,
                base.doubt_hash,
                base.doubt_run_id
            from wanted
            full join base on wanted.sync_key = base.sync_key
            where wanted.row_hash is null
                or base.sync_key is null
                or wanted.row_hash is distinct from base.row_hash
                or $is_resend
        """  # noqa: S608

    def idempotency_key(self, planned: str) -> str:
        """The key by which a destination knows a change of a planned row again.

        ``origin_run_id`` is the run that planned it first: what was sent by a run that crashed
        keeps its key, while the same content sent again after another one gets a new one.
        """
        parts = ("origin_run_id", "operation", "row_hash", "destination_key")
        text = " || chr(10) || ".join(f"{planned}.{name}" for name in parts)
        hashed = self.dialect.sha256(f"$secret || chr(10) || $sync || chr(10) || {text}")
        return f"substr({hashed}, 1, {HASH_LENGTH})"

    def payload(self) -> str:
        """Rows of the open plan between two numbers, with their content as it may be sent now.

        The gate is asked again: ``current_hash`` is null for a row that may not be sent any more
        and another than ``row_hash`` for one that has changed since it was planned.
        """
        cells = ", ".join(
            f"model.{quoted(column.source)} as cell_{place}"
            for place, column in enumerate(self.config.columns)
        )
        names = ", ".join(f"content.cell_{place}" for place in range(len(self.config.columns)))
        return f"""
            with planned as (
                select *
                from {self.dialect.state("sync_outbox")}
                where sync_name = $sync and run_id = $run and status = 'planned'
                    and sequence_number between $first and $last
            ),
            content as (
                select
                    {self.key("model")} as sync_key,
                    {self.row_hash("model")} as current_hash,
                    {self.contact_value("model")} as contact_value,
                    {cells}
                from {self.config.relation} as model
                where model.customer_id in (
                    select customer_id from planned where operation <> 'remove'
                )
                    and {self.allowed("model")}
            )
            select
                planned.sequence_number,
                planned.sync_key,
                planned.operation,
                planned.reason,
                planned.row_hash,
                planned.destination_key,
                planned.destination_id,
                planned.remembered,
                planned.on_leave,
                {self.idempotency_key("planned")} as idempotency_key,
                content.current_hash,
                content.contact_value,
                {names}
            from planned
            left join content
                on planned.sync_key = content.sync_key and planned.operation <> 'remove'
            order by planned.sequence_number
        """  # noqa: S608

    def snapshot(self) -> str:
        """All that should be there, in order of the key, under the destination's names."""
        cells = ", ".join(
            f"model.{quoted(column.source)} as cell_{place}"
            for place, column in enumerate(self.config.columns)
        )
        return f"""
            select {self.contact_value("model")} as contact_value, {cells}
            from {self.config.relation} as model
            where {self.allowed("model")} and {self.key("model")} not in (
                select sync_key from sync_duplicates
            )
            order by {self.key("model")}
        """  # noqa: S608


def text_of(table: str, name: str) -> str:
    """A column as text."""
    return f"cast({table}.{quoted(name)} as text)"


def _part(table: str, name: str) -> str:
    # A bar or a backslash within a part is escaped: no two different keys read the same.
    return rf"nullif(replace(replace({text_of(table, name)}, '\', '\\'), '|', '\|'), '')"
