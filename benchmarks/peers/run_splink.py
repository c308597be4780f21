"""Splink 5 on a Parquet file of standard columns: ``run_splink.py IN OUT [tuned]``."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any

import duckdb
import splink
import splink_settings as chosen
from contestant import compete
from splink import DuckDBAPI, Linker
from splink.blocking_analysis import count_comparisons_from_blocking_rules

if TYPE_CHECKING:
    from collections.abc import Callable


def match(source: str, target: str) -> Callable[[], dict[str, Any]]:
    """Train, predict and cluster; the pairs are counted afterwards."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    tuned = "tuned" in sys.argv[3:]
    connection = duckdb.connect()
    # Each result is fetched to its end: the connection does no other work before.
    connection.execute(f"create table people as select * from read_parquet('{source}')").fetchall()
    columns = [row[0] for row in connection.execute("describe people").fetchall()]
    rows = connection.execute("select count(*) from people").fetchall()[0][0]
    is_iso = "birth_date" in columns and bool(
        connection.execute("select any_value(birth_date) like '%-%' from people").fetchall()[0][0]
    )
    api = DuckDBAPI(connection=connection)
    people = api.register("people")
    linker = Linker(people, chosen.settings(columns, rows, tuned=tuned, is_iso=is_iso))
    linker.training.estimate_probability_two_random_records_match(
        chosen.deterministic_rules(columns), recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=chosen.MAX_PAIRS_FOR_U, seed=chosen.SEED
    )
    for rule in chosen.training_rules(columns, rows):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )

    def write(probability: float, path: str) -> None:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=probability
        )
        connection.execute(
            f"copy (select record_id, cluster_id from {clusters.physical_name}) "
            f"to '{path}' (format parquet)"
        ).fetchall()

    predicted = linker.inference.predict(threshold_match_probability=chosen.PREDICT_PROBABILITY)
    write(chosen.CLUSTER_PROBABILITY, target)

    def tell() -> dict[str, Any]:
        counted = count_comparisons_from_blocking_rules(
            people,
            blocking_rules=chosen.blocking_rules(columns, rows),
            link_type="dedupe_only",
            unique_id_column_name="record_id",
            record_sample_proportion=1.0,
        )
        pairs = max(int(entry["cumulative_comparison_count"]) for entry in counted)
        others = {}
        for probability in chosen.OTHER_PROBABILITIES:
            others[str(probability)] = f"{target}.{probability}"
            write(probability, others[str(probability)])
        version = f"splink {splink.__version__}, duckdb {duckdb.__version__}"
        return {"pairs": pairs, "version": version, "other_outputs": others}

    return tell


if __name__ == "__main__":
    with contextlib.redirect_stderr(None):
        compete(match)
