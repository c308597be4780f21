"""Samples that several tests read; generated once per process."""

from __future__ import annotations

from functools import cache

from warehouse_cdp.sample import Sample, generate

PEOPLE = 2_000
SEEDS = (42, 7)


@cache
def sample_of(seed: int, wave: int = 1) -> Sample:
    """Return the sample of a seed and a wave."""
    return generate(PEOPLE, seed, wave)
