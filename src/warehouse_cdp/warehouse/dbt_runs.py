"""Running dbt as a user would, in a process of its own, and telling how far it is."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from warehouse_cdp.errors import InputDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_NODE_DONE = re.compile(r"\d+ of (\d+) (?!START)([A-Z-]+) (?:\d+ )?(.+?) (?:\.{2,}| ?\[)")
_BUILT = re.compile(r"Done\. (PASS=\d+.*)")
_SHOWN_NODES = 5


class DbtFailedError(InputDataError):
    """A dbt command failed; ``which`` names nodes that did."""

    def __init__(self, message: str, which: str) -> None:
        """Keep which nodes failed, for a caller that knows what they were run for."""
        super().__init__(message)
        self.which = which


def run_dbt(
    project_folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    show: Callable[[str, int, int], None],
) -> str:
    """Run a dbt command and return the counts that it ended with.

    Args:
        project_folder: the dbt project.
        arguments: the command and its options.
        environment: all that the process finds in its environment.
        log: where to keep what dbt says.
        show: called with a node's name, nodes done and nodes in all.

    Raises:
        DbtFailedError: it failed; the message names the nodes and the log, not their output,
            which may quote data.
    """
    command = (sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments)
    failed, built, done_count = [], "", 0
    log.parent.mkdir(exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as said,
        subprocess.Popen(  # noqa: S603 - our own interpreter, arguments of ours, no shell
            [*command, "--project-dir", str(project_folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=dict(environment),
        ) as running,
    ):
        for line in running.stdout or ():
            said.write(line)
            if done := _NODE_DONE.search(line):
                done_count += 1
                show(done[3].removeprefix("created ")[:44], done_count, int(done[1]))
                if done[2] in ("ERROR", "FAIL"):
                    failed.append(done[3])
            if end := _BUILT.search(line):
                built = end[1]
    if running.returncode != 0:
        which = "; ".join(failed[:_SHOWN_NODES]) or "before any node was built"
        message = f"dbt {arguments[0]} failed ({which}); what dbt said is in {log}"
        raise DbtFailedError(message, which)
    return built.replace("=", " ").replace(" WARN 0", "").replace(" ERROR 0", "").lower()
