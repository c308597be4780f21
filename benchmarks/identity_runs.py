"""One contestant on one file in a process of its own, and how right its clusters are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from warehouse_cdp.matching.evaluate import agreement

if TYPE_CHECKING:
    from identity_data import Data
    from warehouse_cdp.matching.evaluate import Agreement

PEERS: Final = Path(__file__).resolve().parent / "peers"
SOURCE: Final = Path(__file__).resolve().parents[1] / "src"
OURS: Final = "ours"
SPLINK: Final = "Splink"
SPLINK_TUNED: Final = "Splink tuned"
_LAST_LINES: Final = 3


@dataclass(frozen=True)
class Contestant:
    """A matcher: the interpreter and script that run it; ``python`` is None where it is not."""

    name: str
    script: str
    python: Path | None
    arguments: tuple[str, ...] = ()
    absent: str = ""


@dataclass(frozen=True)
class Outcome:
    """One run: seconds of work and of processor (imports apart), peak memory, pairs, scores.

    ``best`` is the F1 of the threshold that the truth likes best, where a contestant tried
    several. ``reason`` says why nothing was measured.
    """

    contestant: str
    reason: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    import_seconds: float = 0.0
    peak_bytes: int = 0
    pairs: int | None = None
    version: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)


def contestants(splink: Path | None, goldenmatch: Path | None) -> list[Contestant]:
    """All of them, in the order in which a first round runs them."""
    here = Path(sys.executable)
    no_splink = "no --splink-python with splink 5"
    return [
        Contestant(OURS, "run_ours.py", here),
        Contestant("cdp resolve", "run_cdp.py", here),
        Contestant(SPLINK, "run_splink.py", splink, absent=no_splink),
        Contestant(SPLINK_TUNED, "run_splink.py", splink, ("tuned",), no_splink),
        Contestant("recordlinkage", "run_recordlinkage.py", here),
        Contestant(
            "goldenmatch", "run_goldenmatch.py", goldenmatch, absent="no --goldenmatch-python"
        ),
    ]


def compete(contestant: Contestant, data: Data, folder: Path, longest: float) -> Outcome:
    """Run a contestant once; what fails or takes more than ``longest`` seconds says so."""
    if contestant.python is None:
        return Outcome(contestant.name, f"not run: {contestant.absent}")
    target = folder / f"{data.name}.{contestant.name.replace(' ', '-')}.parquet"
    command = [contestant.python, PEERS / contestant.script, data.file, target]
    is_ours = contestant.python == Path(sys.executable)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(SOURCE)} if is_ours else {}
    try:
        run = subprocess.run(  # noqa: S603 - our own scripts
            [*map(str, command), *contestant.arguments],
            capture_output=True, text=True, timeout=longest, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcome(contestant.name, f"not finished within {longest:.0f} s")
    if run.returncode:
        last = " ".join(run.stderr.strip().splitlines()[-_LAST_LINES:])
        return Outcome(contestant.name, f"failed: {last[:200]}")
    told: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    scores = measures(data.truth, target)
    others = [measures(data.truth, Path(path)) for path in told.get("other_outputs", {}).values()]
    return Outcome(
        contestant.name,
        seconds=told["seconds"],
        cpu_seconds=told["cpu_seconds"],
        import_seconds=told["import_seconds"],
        peak_bytes=told["peak_bytes"],
        pairs=told["pairs"],
        version=told["version"],
        scores=scores,
        best=max([scores, *others], key=lambda found: found["pairwise_f1"]) if others else {},
    )


def measures(truth: Path, found: Path) -> dict[str, float]:
    """Pairwise, B-cubed and cluster precision, recall and F1 of the clusters in a file.

    Raises:
        ValueError: a record has no cluster, or another than the truth's records are there.
    """
    known = pd.read_parquet(truth)
    clusters = (
        pd.read_parquet(found)
        .astype({"record_id": str})
        .rename(columns={"customer_id": "cluster_id"})
    )
    both = known.merge(clusters, on="record_id", how="outer", validate="one_to_one", indicator=True)
    if (both["_merge"] != "both").any() or both["cluster_id"].isna().any():
        message = f"{found}: not one cluster for each record"
        raise ValueError(message)
    return scores(agreement(*(pd.factorize(both[name])[0] for name in ("cluster_id", "truth"))))


def scores(found: Agreement) -> dict[str, float]:
    """The nine shares by name."""
    return {
        f"{measure}_{part}": getattr(getattr(found, measure), part)
        for measure in ("pairwise", "bcubed", "cluster")
        for part in ("precision", "recall", "f1")
    }
