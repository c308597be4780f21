"""``cdp explain``: why records are one person, or are not."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from warehouse_cdp.cli.console import note, say, say_json
from warehouse_cdp.cli.demo import demo_environment
from warehouse_cdp.cli.frame import (
    HERE,
    DemoOption,
    JsonOption,
    ProjectOption,
    TargetOption,
    app,
    examples,
)
from warehouse_cdp.errors import ConfigurationError, DestinationError
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from warehouse_cdp.explain import Facts

_DRAWINGS = (".html", ".svg")


@app.command(
    epilog=examples(
        "cdp explain cus_1f0c…",
        "cdp explain crm:0035 shop_uk:7001 --draw why.html",
    )
)
def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A customer_id (retired ones too) or a record_id of identity_map.",
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(metavar="RECORD", help="A second record_id: why are the two one, or not?"),
    ] = None,
    *,
    draw: Annotated[
        Path | None,
        typer.Option(
            "--draw",
            metavar="FILE",
            help="Draw it too: the weights of each link and the graph of the records, as a page "
            "(.html) or a picture (.svg).",
        ),
    ] = None,
    show_values: Annotated[
        bool,
        typer.Option(
            "--show-values",
            help="Show what the matcher saw as well. These are personal data: names, dates, "
            "addresses; mind where the output and the drawing go.",
        ),
    ] = False,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    demo: DemoOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say why records are one person: each link, what every field weighed, the weakest link.

    Of a customer also what was kept apart from it and what runs changed. Ids, levels and weights
    only; no values of persons unless --show-values is given.
    """
    if draw is not None and draw.suffix.lower() not in _DRAWINGS:
        message = f"--draw writes {' or '.join(_DRAWINGS)}, by the ending of the file"
        raise ConfigurationError(message)
    from warehouse_cdp.warehouse.identity_explain import (  # noqa: PLC0415 - pandas costs a second
        read_facts,
    )

    names = [name] if other is None else [name, other]
    with demo_environment(project_dir, wanted=demo):
        facts = read_facts(load_any_target(project_dir, target), names, with_values=show_values)
    # First: whoever reads the words may stop half way (`| head`), and then nothing more is run.
    if draw is not None:
        _draw(facts, draw)
    _tell(facts, as_json=as_json)


def _tell(facts: Facts, *, as_json: bool) -> None:
    from warehouse_cdp.explain import (  # noqa: PLC0415 - pandas costs a second
        as_dictionary,
        lines,
    )

    if as_json:
        say_json(as_dictionary(facts))
        return
    for line in lines(facts):
        say(line)


def _draw(facts: Facts, path: Path) -> None:
    from warehouse_cdp.destinations.atomic import replaced_file  # noqa: PLC0415
    from warehouse_cdp.explain import page, picture  # noqa: PLC0415

    text = picture(facts) if path.suffix.lower() == ".svg" else page(facts)
    try:
        with replaced_file(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or type(error).__name__}"
        raise DestinationError(message) from error
    note(f"drawn: {path}")
