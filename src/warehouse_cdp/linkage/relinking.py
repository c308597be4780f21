"""An incremental run: what a change touches is compared and decided anew, the rest carries over.

``relink`` gives what ``link_records`` gives of the new version, under one condition: the model
holds what was frozen with it, so that two records are compared, and weighed, by what they and those
who share a block with them hold (``frozen``). Then a run has three parts:

1. Candidate pairs of touched records (``touched``) are compared and weighed, in a world of these
   records and their partners only.
2. Decisions hang together within a component: the records that wanted links join, cut ones
   included, since guards look at whole customers. So every component that holds a touched record,
   a partner of one, or a namesake in the home of either is decided anew; beside it stand the
   records whose contradictions tell that two namesakes share a home.
3. Links that end in one of those components are replaced, all others stay, and counts are those of
   before, less what the touched records' pairs were, plus what they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage.comparing import WorldComparer
from warehouse_cdp.linkage.deciding import decide
from warehouse_cdp.linkage.encoding import encode_world
from warehouse_cdp.linkage.frozen import read_frozen
from warehouse_cdp.linkage.given import MUST_LINK, count_without_edge, given_edges, with_given
from warehouse_cdp.linkage.links import blocking_counts, listed_links, unlisted_counts
from warehouse_cdp.linkage.match_model import named_rows, newest_model, read_model
from warehouse_cdp.linkage.mistakes import forgiven_guards
from warehouse_cdp.linkage.scoring import score_candidates, weigh_edges
from warehouse_cdp.linkage.seen import changed_ids
from warehouse_cdp.linkage.touched import pair_numbers, touched_pairs
from warehouse_cdp.linkage.versions import Versions
from warehouse_cdp.matching.block import Pairs

if TYPE_CHECKING:
    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.linkage.frozen import Frozen
    from warehouse_cdp.linkage.overrides import ActiveOverrides
    from warehouse_cdp.linkage.seen import Seen
    from warehouse_cdp.linkage.settings import LinkageSettings
    from warehouse_cdp.linkage.touched import Touched
    from warehouse_cdp.matching.train import Model

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

_WANTED: Final = ("linked", "cut")
_CANNOT_LINK: Final = "cannot_link_override"
_UNLISTED: Final = ("probabilistic", "rejected_unlisted")


@dataclass(frozen=True)
class Relinked:
    """What a change makes of the links of the run before.

    Links that end in one of ``decided_ids`` (a pyarrow array) are replaced by ``links``
    (``LINK_COLUMNS``); ``counts`` are those of all pairs, as in ``LinkResult``. ``changed``,
    ``touched`` and ``compared`` count records that changed, records that are touched and pairs that
    were compared.
    """

    decided_ids: pa.Array
    links: pd.DataFrame
    counts: pd.DataFrame
    changed: int
    touched: int
    compared: int

    def joined(self, before: pd.DataFrame) -> pd.DataFrame:
        """All links: those ``before`` that stay, and the new ones, in order of their records."""
        decided = pd.Index(self.decided_ids.to_pandas())
        ends = [before[name].isin(decided) for name in ("left_record_id", "right_record_id")]
        both = pd.concat([before[~(ends[0] | ends[1])], self.links], ignore_index=True)
        return both.sort_values(["left_record_id", "right_record_id"], ignore_index=True)


def relink(
    before: Seen,
    after: Seen,
    links: pd.DataFrame | pa.Table,
    counts: pd.DataFrame,
    model: pd.DataFrame,
    overrides: ActiveOverrides,
    settings: LinkageSettings,
    changed: pa.Array | None = None,
) -> Relinked:
    """Bring the ``links`` and ``counts`` that were found ``before`` up to date.

    They must come from a run with the same model and settings. ``links`` needs
    ``left_record_id, right_record_id, rule, decision`` and ``cut_by`` only. ``changed`` are the ids
    as of ``changed_ids``, if they are known.

    Raises:
        InputDataError: nothing was frozen with the model, or for another budget of pairs.
    """
    stored = newest_model(model)
    frozen = read_frozen(stored)
    if frozen is None or frozen.budget != settings.max_pairs_per_rule:
        msg = "the match model has no blocking frozen with it for these settings: link all records"
        raise InputDataError(msg)
    changed = changed_ids(before, after) if changed is None else changed
    versions = Versions(before, after, changed)
    old = _Links.of(links, versions)
    touched = touched_pairs(versions, frozen.plan, old.must_links_changed(versions, overrides))
    run = _Run(versions, stored, frozen, overrides, settings)
    found = run.scored(touched)
    decided, edges = run.decided(touched, old, found)
    all_ids = [versions.after.ids.filter(pa.array(decided)), old.gone(versions)]
    ends = [edges.loc[:, name].to_numpy() for name in ("left", "right")]
    size = len(touched.rows)
    without = [
        count_without_edge(pairs.left, pairs.right, listed, size)
        for pairs, listed in (
            (touched.before, (old.left_before, old.right_before)),
            (touched.after, (ends[0], ends[1])),
        )
    ]
    return Relinked(
        pa.concat_arrays(all_ids),
        edges.drop(columns=["left", "right"]),
        _counts(counts, touched, without[1] - without[0]),
        len(changed),
        int((touched.rows & versions.in_after).sum()),
        len(touched.after.left),
    )


@dataclass(frozen=True)
class _Links:
    """Links of the run before by rows of both versions (-1: not there), and what they said."""

    left: Rows
    right: Rows
    left_before: Rows
    right_before: Rows
    is_wanted: Flags
    is_must: Flags
    is_kept_apart: Flags

    @classmethod
    def of(cls, links: pd.DataFrame | pa.Table, versions: Versions) -> _Links:
        names = ["left_record_id", "right_record_id", "rule", "decision", "cut_by"]
        if isinstance(links, pd.DataFrame):
            texts = {name: pa.array(links[name], pa.string(), from_pandas=True) for name in names}
            links = pa.table(texts)
        ends = [links[name].combine_chunks() for name in names[:2]]

        def says(name: str, values: tuple[str, ...]) -> Flags:
            found = pc.is_in(links[name].combine_chunks(), value_set=pa.array(values))
            return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)

        left, right = ends
        # Both at once: ids that are looked up among are hashed anew each time.
        rows = np.split(versions.rows_after(pa.concat_arrays(ends)), 2)
        return cls(
            rows[0],
            rows[1],
            versions.rows_before(left, rows[0]),
            versions.rows_before(right, rows[1]),
            says("decision", _WANTED),
            says("rule", (MUST_LINK,)),
            says("cut_by", (_CANNOT_LINK,)),
        )

    def must_links_changed(self, versions: Versions, overrides: ActiveOverrides) -> Rows:
        """Rows of both ends of must-links that were given or lifted since."""
        size = len(versions.changed)
        now = _ends(overrides.must_links, versions)
        were = (self.left_before[self.is_must], self.right_before[self.is_must])
        given, lifted = (np.minimum(*ends) * size + np.maximum(*ends) for ends in (now, were))
        differ = np.setxor1d(given, lifted)
        return np.concatenate([differ // size, differ % size])

    def touching(self, rows: Flags) -> Flags:
        """Links of which an end is one of some rows, or is gone."""
        return _at(rows, self.left, gone=True) | _at(rows, self.right, gone=True)

    def among(self, pairs: Rows, size: int) -> Flags:
        """Links of two records of the new version that are some pairs (``pair_numbers``)."""
        there = (self.left >= 0) & (self.right >= 0)
        return there & np.isin(pair_numbers(self.left, self.right, size), pairs)

    def gone(self, versions: Versions) -> pa.Array:
        """Ids that the new version does not hold."""
        return versions.old_ids.filter(pa.array(versions.old_after < 0))


class _Run:
    """Worlds of some records of the new version, and what is scored and decided in them."""

    def __init__(
        self,
        versions: Versions,
        model: pd.DataFrame,
        frozen: Frozen,
        overrides: ActiveOverrides,
        settings: LinkageSettings,
    ) -> None:
        self._versions, self._model = versions, model
        self._by_name = named_rows(model)
        self._places = frozen.places
        self._overrides, self._settings = overrides, settings
        self._context = versions.forms_known()

    def scored(self, touched: Touched) -> tuple[Rows, Rows]:
        """Rows of the candidate pairs of touched records that are worth an edge."""
        pairs = touched.after
        wanted = np.zeros(len(touched.rows), dtype=np.bool_)
        wanted[pairs.left] = wanted[pairs.right] = True
        world, comparer, weighed, rows = self._world(wanted)
        place = np.full(len(wanted), -1, dtype=np.int32)
        place[rows] = world.encoded.row_record
        mine = Pairs(place[pairs.left], place[pairs.right], pairs.rule, pairs.rules)
        least = self._settings.report_weight
        edges = score_candidates(world, comparer, mine, weighed, least)
        return rows[edges["left"].to_numpy()], rows[edges["right"].to_numpy()]

    def decided(
        self, touched: Touched, old: _Links, found: tuple[Rows, Rows]
    ) -> tuple[Flags, pd.DataFrame]:
        """The records that are decided anew, and the links that end in them.

        Links have ``left`` and ``right``, rows of the two records, beside ``LINK_COLUMNS``.
        """
        versions = self._versions
        stays = ~(old.touching(touched.anew) | old.among(touched.lost, len(touched.rows)))
        seeds = self._seeds(touched, old, found, stays)
        left, right = old.left[stays], old.right[stays]
        wanted = old.is_wanted[stays]
        decided = _components(seeds[: versions.count], left[wanted], right[wanted])
        homes = versions.homes()[: versions.count]
        around = decided | (np.isin(homes, np.unique(homes[decided])) & (homes >= 0))
        near = around[left] | around[right]
        left = np.concatenate([left[near], found[0]])
        right = np.concatenate([right[near], found[1]])
        inside = np.zeros(len(seeds), dtype=np.bool_)
        inside[: versions.count] = around
        inside[left] = inside[right] = True
        world, comparer, weighed, rows = self._world(inside)
        place = np.full(len(inside), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        record = world.encoded.row_record.astype(np.int32)
        # What is given joins others than the first of those who say the same; it comes by itself.
        firsts = world.first_of == np.arange(len(rows))
        both = firsts[place[left]] & firsts[place[right]]
        ends = record[place[left[both]]], record[place[right[both]]]
        weighed_edges = weigh_edges(world, comparer, weighed, *ends)
        overrides = _within(self._overrides, world)
        given = given_edges(world, comparer, weighed, overrides)
        edges = with_given(given, weighed_edges)
        forgiven = forgiven_guards(self._model, self._settings.link_probability)
        made = decide(edges, world, overrides, self._settings, forgiven)
        mine = decided[rows[made["left"].to_numpy()]] | decided[rows[made["right"].to_numpy()]]
        made = made[mine].sort_values(["left", "right"], ignore_index=True)
        listed = listed_links(made, world, weighed, self._settings.report_weight)
        return decided, listed.assign(
            left=rows[made["left"].to_numpy()], right=rows[made["right"].to_numpy()]
        )

    def _seeds(
        self, touched: Touched, old: _Links, found: tuple[Rows, Rows], stays: Flags
    ) -> Flags:
        """Rows whose components are decided anew, of both versions."""
        versions = self._versions
        seeds = touched.anew.copy()
        for ends in (*found, versions.merge_ends(touched.anew)):
            seeds[ends] = True
        for left, right in ((old.left, old.right), (old.left_before, old.right_before)):
            for ends in (left[~stays], right[~stays]):
                seeds[ends[ends >= 0]] = True
        homes = versions.homes()
        seeds |= np.isin(homes, np.unique(homes[seeds])) & (homes >= 0)
        # A cannot-link is felt where it cut something; what it may cut now is decided anew too.
        for ends in _ends(self._overrides.cannot_links, versions):
            seeds[ends] = True
        for ends in (old.left[old.is_kept_apart], old.right[old.is_kept_apart]):
            seeds[ends[ends >= 0]] = True
        return seeds

    def _world(self, wanted: Flags) -> tuple[EncodedWorld, WorldComparer, Model, Rows]:
        """A world of some rows of the new version, of all that say the same, and of all words.

        The last result is the row of each record of the world.
        """
        versions = self._versions
        wanted = versions.copies(wanted) & versions.in_after
        wanted[self._context] = True
        rows = np.flatnonzero(wanted)
        records, identifiers = versions.after.frames(rows)
        nothing = pd.DataFrame({name: [] for name in ("identifier_type", "identifier_key")})
        world = encode_world(records, identifiers, nothing.astype(object))
        comparer = WorldComparer(world, self._places)
        return world, comparer, read_model(self._model, world.encoded, self._by_name), rows


def _within(overrides: ActiveOverrides, world: EncodedWorld) -> ActiveOverrides:
    """The links among overrides of which both ends are in a world."""
    index = world.records.index
    frames = {
        name: frame[frame["left_record_id"].isin(index) & frame["right_record_id"].isin(index)]
        for name, frame in (
            ("must_links", overrides.must_links),
            ("cannot_links", overrides.cannot_links),
        )
    }
    return replace(overrides, **frames)


def _ends(frame: pd.DataFrame, versions: Versions) -> tuple[Rows, Rows]:
    """Rows of both ends of overrides that are in the new version."""
    left, right = (
        versions.rows_after(pa.array(frame[name], type=pa.string(), from_pandas=True))
        for name in ("left_record_id", "right_record_id")
    )
    known = (left >= 0) & (right >= 0)
    return left[known], right[known]


def _components(seeds: Flags, left: Rows, right: Rows) -> Flags:
    """Records that hang together with a seed."""
    count = len(seeds)
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    number, labels = connected_components(graph, directed=False)
    chosen = np.zeros(number, dtype=np.bool_)
    chosen[labels[seeds]] = True
    return np.asarray(chosen[labels], dtype=np.bool_)


def _at(rows: Flags, ends: Rows, *, gone: bool) -> Flags:
    return np.asarray(np.where(ends >= 0, rows[ends], gone), dtype=np.bool_)


def _counts(counts: pd.DataFrame, touched: Touched, unlisted: int) -> pd.DataFrame:
    """Counts of the run before with those of touched pairs taken off and added."""
    were: dict[Any, int] = {
        (rule, outcome): int(count)
        for rule, outcome, count in zip(
            counts["rule"], counts["outcome"], counts["pair_count"], strict=True
        )
    }
    now = []
    for old, new in zip(touched.before.counts, touched.after.counts, strict=True):
        now.append(
            replace(
                new,
                pairs=were[new.rule, "compared"] + new.pairs - old.pairs,
                left_out_pairs=were[new.rule, "left_out"] + new.left_out_pairs - old.left_out_pairs,
            )
        )
    rest = unlisted_counts(were.get(_UNLISTED, 0) + unlisted)
    return pd.concat([blocking_counts(now), rest], ignore_index=True)
