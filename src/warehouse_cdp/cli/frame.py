"""The frame of the command line: options that verbs share, and how errors are told."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from warehouse_cdp import __version__
from warehouse_cdp.cli.console import note, say
from warehouse_cdp.errors import CdpError

COMMITTED_SAMPLE = Path("seeds/sample")
EXIT_CODES = """Exit codes:

\b
  0  done
  1  unexpected error (CDP_DEBUG=1 shows the traceback)
  2  an option, a profile, a variable or a declaration is wrong: mend it
  3  data or files are not as declared
  4  refused, because it looks like a mistake; nothing was written or sent
  5  the warehouse is in use by another process: try again later
  6  a destination could not take a delivery: run again
  7  told to stop (SIGTERM, Ctrl-C) between batches: run again"""


def examples(*commands: str) -> str:
    """Return the end of a verb's help: commands to copy."""
    return "\b\nExample:\n" + "\n".join(f"  {command}" for command in commands)


class CdpGroup(TyperGroup):
    """Turns deliberate errors into one line and their exit code, wherever a verb raises them."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer ships its own copy of click's types
        """Run the verb.

        Raises:
            Exit: the verb raised a CdpError, which has been told.
        """
        try:
            return super().invoke(ctx)
        except CdpError as error:
            note(f"error: {error}")
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    cls=CdpGroup,
    name="cdp",
    help=(
        "Loads the sample, runs syncs and measures a warehouse CDP. The models are built by dbt."
        f"\n\n{EXIT_CODES}"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target", "-t", metavar="NAME", help="Target of profiles.yml; default: its own."
    ),
]
ProjectOption = Annotated[
    Path, typer.Option("--project-dir", metavar="DIR", help="Folder of the dbt project.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result as JSON.")]
DemoOption = Annotated[
    bool, typer.Option("--demo", help="Look at what `cdp demo` built instead of your own target.")
]
SampleOption = Annotated[
    Path | None,
    typer.Option(
        "--sample-dir",
        metavar="DIR",
        help=f"Sample whose truth to measure against; default: {COMMITTED_SAMPLE}.",
    ),
]
HERE = Path()


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        say(f"cdp {__version__}")
        raise typer.Exit


@app.callback()
def frame(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Hold what stands before a verb."""
    del version


def main() -> None:
    """Run the command line. An unexpected error is told without its text, which may hold data."""
    try:
        app()
    except Exception as error:
        if os.environ.get("CDP_DEBUG"):
            raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        note(
            f"error: unexpected {type(error).__name__} at {Path(where.filename).name}:"
            f"{where.lineno}; run again with CDP_DEBUG=1 to see it in full and please report it"
        )
        raise SystemExit(1) from None
