"""``cdp privacy``."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, note, progress, say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.privacy import FINDABLE, Naming, naming
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from warehouse_cdp.warehouse.erasure import ErasureReport

privacy = typer.Typer(
    name="privacy",
    help="Erase a person, or hand out what is known of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(privacy)

STDIN = "-"
_HOW = "`-` reads the value from standard input, so that it stays out of the shell's history."

EmailOption = Annotated[
    str | None, typer.Option("--email", metavar="X", help=f"An e-mail address. {_HOW}")
]
PhoneOption = Annotated[
    str | None, typer.Option("--phone", metavar="X", help="A phone number with its country.")
]
CardOption = Annotated[
    str | None, typer.Option("--loyalty-card", metavar="X", help="A loyalty card number.")
]
CustomerOption = Annotated[
    str | None, typer.Option("--customer-id", metavar="X", help="A customer_id, retired ones too.")
]
RecordOption = Annotated[
    str | None, typer.Option("--record-id", metavar="X", help="A record_id of identity_map.")
]
RequestOption = Annotated[
    str | None,
    typer.Option(
        "--request", metavar="ID", help="A privacy request that was loaded: whom it names."
    ),
]
IdentifierOption = Annotated[
    str | None,
    typer.Option(
        "--identifier",
        metavar="TYPE=VALUE",
        help=f"Any identifier; TYPE is one of {', '.join(FINDABLE)}.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who does this, for the record; default: the system's user."
    ),
]


@privacy.callback()
def frame() -> None:
    """Hold the verbs about a person's rights."""


@privacy.command(
    epilog=examples(
        "cdp privacy erase --request REQUEST-ID --dry-run",
        "cdp privacy erase --email - < address.txt",
        "cdp privacy erase --customer-id cus_… --yes --by privacy-desk",
    )
)
def erase(  # noqa: PLR0913 - an option each
    *,
    email: EmailOption = None,
    phone: PhoneOption = None,
    loyalty_card: CardOption = None,
    customer_id: CustomerOption = None,
    record_id: RecordOption = None,
    request: RequestOption = None,
    identifier: IdentifierOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, per table; change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before erasing.")] = False,
    by: ByOption = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Erase a person from the warehouse and its state, and keep their raw rows from coming back.

    Every row of the person goes from raw tables, models and the copy for BI tools; state keeps
    keyed hashes in their place, and tombstones by which later loads of the same rows are
    suppressed. Both files are written anew, since deleted rows stay readable in a DuckDB file; on
    Postgres the tables that held rows are, after one transaction that did it all.
    """
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.erasure import erase as erase_person  # noqa: PLC0415
    from warehouse_cdp.warehouse.erasure import preview  # noqa: PLC0415

    named = _named(email, phone, loyalty_card, customer_id, record_id, request, identifier)
    chosen = load_any_target(project_dir, target)
    who = by or getpass.getuser()
    if dry_run or not yes:
        with as_duckdb(chosen) as on_duckdb:
            planned = preview(on_duckdb, named, who)
        if dry_run:
            _print_report(planned, as_json=as_json)
            return
        _confirm(planned, as_json=as_json, from_stdin=STDIN in (email, phone, loyalty_card))
    with progress("erase") as show, as_duckdb(chosen, writes="everything") as on_duckdb:
        report = erase_person(on_duckdb, named, who, lambda step: show(step, 0, 1))
    _print_report(report, as_json=as_json)


@privacy.command(
    epilog=examples(
        "cdp privacy export --request REQUEST-ID --out answer",
        "cdp privacy export --email - --out answer < address.txt",
    )
)
def export(  # noqa: PLR0913 - an option each
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder to write; it must not exist yet.")
    ],
    email: EmailOption = None,
    phone: PhoneOption = None,
    loyalty_card: CardOption = None,
    customer_id: CustomerOption = None,
    record_id: RecordOption = None,
    request: RequestOption = None,
    identifier: IdentifierOption = None,
    by: ByOption = None,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write what is known of a person: one export.json and a CSV file per table.

    With the sources it came from, the purposes that were agreed to or refused, and the recipients
    it was sent to. Files are readable by their owner only.
    """
    from warehouse_cdp.warehouse.engines import as_duckdb  # noqa: PLC0415 - pandas is slow
    from warehouse_cdp.warehouse.person_export import export_person  # noqa: PLC0415

    named = _named(email, phone, loyalty_card, customer_id, record_id, request, identifier)
    chosen = load_any_target(project_dir, target)
    with as_duckdb(chosen, writes="state") as on_duckdb:
        done = export_person(on_duckdb, named, by or getpass.getuser(), out)
    if as_json:
        say_json(
            {
                "request_id": done.request_id,
                "customer_id": done.customer_id,
                "folder": str(done.folder),
                "tables": dict(done.tables),
                "source_count": done.source_count,
                "recipient_count": done.recipient_count,
            }
        )
        return
    for line in columns([(name, thousands(count)) for name, count in done.tables]):
        say(line)
    say(
        f"wrote {done.folder}: {len(done.tables)} tables from {done.source_count} source(s), "
        f"{done.recipient_count} recipient(s)"
    )


def _named(
    email: str | None,
    phone: str | None,
    loyalty_card: str | None,
    customer_id: str | None,
    record_id: str | None,
    request: str | None,
    identifier: str | None,
) -> Naming:
    given = {
        "email": email,
        "phone": phone,
        "loyalty_card": loyalty_card,
        "customer": customer_id,
        "record": record_id,
        "request": request,
    }
    if identifier is not None:
        kind, separator, value = identifier.partition("=")
        if not separator:
            message = f"--identifier takes TYPE=VALUE; TYPE is one of {', '.join(FINDABLE)}"
            raise ConfigurationError(message)
        if given.get(kind) is not None:
            message = f"name the person once: both --{kind} and --identifier {kind}=… were given"
            raise ConfigurationError(message)
        given[kind] = value
    chosen = [(kind, value) for kind, value in given.items() if value is not None]
    if len(chosen) != 1:
        message = (
            "name the person by exactly one of --email, --phone, --loyalty-card, --customer-id, "
            f"--record-id, --request or --identifier ({len(chosen)} were given)"
        )
        raise ConfigurationError(message)
    kind, value = chosen[0]
    return naming(kind, sys.stdin.readline() if value == STDIN else value)


def _confirm(planned: ErasureReport, *, as_json: bool, from_stdin: bool) -> None:
    if as_json or from_stdin or not sys.stdin.isatty():
        message = "nobody can be asked here: look at it with --dry-run, then add --yes"
        raise ConfigurationError(message)
    _print_report(planned, as_json=False)
    if not typer.confirm("Erase this person? It cannot be undone."):
        note("nothing was changed")
        raise typer.Exit


def _print_report(report: ErasureReport, *, as_json: bool) -> None:
    if as_json:
        say_json(as_dictionary(report))
        return
    verb = "would erase" if report.is_dry_run else "erased"
    say(f"{verb} one person (request {report.request_id})")
    rows: list[tuple[str, ...]] = [("table", "action", "rows")]
    rows += [
        (one.table_name, one.action.replace("_", " "), thousands(one.row_count))
        for one in report.effects
    ]
    for line in columns(rows):
        say(line)
    say(f"  tombstones {thousands(report.tombstone_count)}")
    if report.shared_count:
        say(
            f"  not suppressed {thousands(report.shared_count)} identifier(s) that others hold "
            "too, or that identify nobody"
        )
    if not report.is_dry_run:
        say("  checked: no row of the person is left in the new files")
    for step in report.follow_ups:
        say(f"  next: {step}")


def as_dictionary(report: ErasureReport) -> dict[str, Any]:
    """Return a report as JSON: the same counts as on the screen."""
    return {
        "request_id": report.request_id,
        "customer_id": report.customer_id,
        "is_dry_run": report.is_dry_run,
        "tables": [
            {"table": one.table_name, "action": one.action, "row_count": one.row_count}
            for one in report.effects
        ],
        "tombstone_count": report.tombstone_count,
        "shared_identifier_count": report.shared_count,
        "follow_ups": list(report.follow_ups),
    }
