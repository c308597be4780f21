"""Which DuckDB type a Postgres column is read as, and which Postgres type a result becomes.

Both ways the values travel as Arrow through COPY in binary. What Arrow lacks is read as text, which
DuckDB casts exactly; what the driver cannot encode is sent as the bytes that COPY expects.
"""

from __future__ import annotations

from dataclasses import dataclass

# Read as they are: the driver has an Arrow type for them that loses nothing.
_SCALARS = (
    "bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "date", "timestamp",
    "timestamptz",
)  # fmt: skip
_NATIVE = frozenset(
    (*_SCALARS, *(f"_{one}" for one in _SCALARS), "bpchar", "time", "interval", "bytea")
)
# Read as text and cast by DuckDB.
_FROM_TEXT = {"uuid": "UUID", "json": "JSON", "jsonb": "JSON", "_uuid": "UUID[]", "_json": "JSON[]",
              "_jsonb": "JSON[]"}  # fmt: skip
_NUMERIC = ("numeric", "_numeric")
_TYPMOD_HEADER = 4
_NARROW_DIGITS = 18
MOST_DIGITS = 38

_PLAIN = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "INTERVAL": "interval",
}
# What the value is cast to before it is sent, where its own type has another width in COPY.
_WIDENED = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
}
_WIDE_INTEGERS = ("HUGEINT", "UHUGEINT", "UBIGINT")
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
# Of these the driver cannot write arrays.
_ARRAYS_BY_TEXT = ("uuid", "jsonb", "time", "interval", "bytea", "numeric")


@dataclass(frozen=True)
class ServerColumn:
    """A column as the server's catalog states it.

    Attributes:
        name: of the column.
        type_name: ``pg_type.typname``; arrays begin with an underscore.
        typmod: its modifier, -1 where it has none.
        numeric_digits: of a ``numeric`` without precision, the digits before and after the point
            that its values need.
    """

    name: str
    type_name: str
    typmod: int
    numeric_digits: tuple[int, int] | None = None

    @property
    def is_unbounded_numeric(self) -> bool:
        """Whether only its values say which DuckDB type holds them exactly."""
        return self.type_name in _NUMERIC and self.typmod < 0

    @property
    def is_array(self) -> bool:
        """Whether a value is an array."""
        return self.type_name.startswith("_")

    def selected(self) -> str:
        """The expression by which the server hands it over."""
        name = quoted(self.name)
        if self.type_name in _NATIVE:
            return name
        return f"{name}::text[] as {name}" if self.is_array else f"{name}::text as {name}"

    def received(self) -> str:
        """The DuckDB expression that gives it its type."""
        name = quoted(self.name)
        if self.type_name in _FROM_TEXT:
            return f"cast({name} as {_FROM_TEXT[self.type_name]}) as {name}"
        if self.type_name in _NUMERIC:
            array = "[]" if self.is_array else ""
            return f"cast({name} as {self._decimal()}{array}) as {name}"
        return name

    def _decimal(self) -> str:
        if self.typmod >= _TYPMOD_HEADER:
            precision, scale = (self.typmod - _TYPMOD_HEADER) >> 16, _signed_scale(self.typmod)
            if scale < 0:  # numeric(3, -2): whole hundreds
                precision, scale = precision - scale, 0
            return f"DECIMAL({min(max(precision, scale), MOST_DIGITS)}, {scale})"
        before, after = self.numeric_digits or (1, 0)
        fits = before + after <= _NARROW_DIGITS
        return f"DECIMAL({_NARROW_DIGITS if fits else MOST_DIGITS}, {after})"


def _signed_scale(typmod: int) -> int:
    scale = (typmod - _TYPMOD_HEADER) & 0x7FF
    return scale - 0x800 if scale & 0x400 else scale


# Text is compared by code point, as DuckDB does, whatever the database's collation.
_COLLATED = {"text": 'text collate "C"', "text[]": 'text[] collate "C"'}


@dataclass(frozen=True)
class SentColumn:
    """A column of a result on its way to the server.

    Attributes:
        name: of the column.
        declared: the Postgres type of the table's column.
        expression: the DuckDB expression of what is sent.
        stored_as: the type that the column has while it is sent, where COPY cannot fill the
            declared one; the table is then converted by the server.
    """

    name: str
    declared: str
    expression: str
    stored_as: str | None = None

    def definition(self) -> str:
        """The column as ``create table`` states it, until it is converted."""
        kind = self.stored_as or self.declared
        return f"{quoted(self.name)} {_COLLATED.get(kind, kind)}"


def sent_column(name: str, duckdb_type: str) -> SentColumn:
    """How a DuckDB column of a result is stored.

    Args:
        name: of the column.
        duckdb_type: as DuckDB spells it.
    """
    column = quoted(name)
    if duckdb_type.endswith("]"):
        return _sent_list(name, duckdb_type)
    if duckdb_type in _PLAIN:
        sent, declared = _WIDENED.get(duckdb_type), _PLAIN[duckdb_type]
        expression = f"cast({column} as {sent})" if sent else column
    elif duckdb_type.startswith("DECIMAL"):
        declared, expression = duckdb_type.replace("DECIMAL", "numeric"), column
    elif duckdb_type in _WIDE_INTEGERS:
        declared, expression = "numeric", f"cast({column} as DECIMAL(38, 0))"
    elif duckdb_type == "UUID":  # COPY's binary form of a uuid: its sixteen bytes
        declared = "uuid"
        expression = f"unhex(replace(cast({column} as VARCHAR), '-', ''))"
    elif duckdb_type == '"NULL"':  # nothing but nulls: as DuckDB itself stores it
        declared, expression = "integer", f"cast({column} as INTEGER)"
    elif duckdb_type == "JSON":
        declared, expression = "jsonb", _jsonb(column)
    elif duckdb_type.startswith(_NESTED):
        declared, expression = "jsonb", _jsonb(f"to_json({column})")
    else:
        declared, expression = "text", f"cast({column} as VARCHAR)"
    return SentColumn(name, declared, f"{expression} as {column}")


def _jsonb(expression: str) -> str:
    """COPY's binary form of jsonb: a version byte, then the text."""
    return f"'\\x01'::BLOB || encode(cast({expression} as VARCHAR))"


def _sent_list(name: str, duckdb_type: str) -> SentColumn:
    column = quoted(name)
    element = duckdb_type[: duckdb_type.rindex("[")]
    inner = sent_column(name, element)
    if element.endswith("]") or element.startswith(_NESTED):
        # An array of arrays need not be rectangular, which Postgres wants.
        return SentColumn(name, "jsonb", f"{_jsonb(f'to_json({column})')} as {column}")
    declared = f"{inner.declared}[]"
    if inner.declared.startswith(_ARRAYS_BY_TEXT):
        return SentColumn(name, declared, f"cast({column} as VARCHAR[]) as {column}", "text[]")
    sent = "VARCHAR" if inner.declared == "text" else _WIDENED.get(element, element)
    return SentColumn(name, declared, f"cast({column} as {sent}[]) as {column}")


def quoted(*parts: str) -> str:
    """Identifiers quoted for SQL, joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A text as a literal of SQL; what it stands in has standard_conforming_strings."""
    return "'" + text.replace("'", "''") + "'"
