"""The whole matcher: order-free, frozen models, tables, and FEBRL as a sanity check."""

from __future__ import annotations

import pandas as pd
import pytest

from linkage_worlds import CLOCK, World, person
from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    as_table,
    cluster_records,
    current_map,
    find_bad_values,
    identity_quality,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    retrain,
    text_columns,
    train,
)
from warehouse_cdp.linkage.candidates import planned_and_made
from warehouse_cdp.linkage.encoding import encode_world
from worlds import SHARED_DATA

FEBRL = SHARED_DATA / "febrl/febrl3.parquet"
needs_febrl = pytest.mark.skipif(
    not FEBRL.exists(), reason="the folder shared/ with the FEBRL data is not beside this checkout"
)


def company() -> list[dict[str, object]]:
    """Forty people with two or three records each, some with a typing error."""
    given = ["Anna", "Bert", "Clara", "David", "Emma", "Frank", "Grete", "Hugo"]
    family = ["Ashworth", "Brandt", "Castell", "Dietz", "Eriksen"]
    people = []
    for number in range(40):
        first, last = given[number % 8], family[number % 5]
        common = {
            "birth_date": f"19{50 + number}-0{1 + number % 9}-1{number % 10}",
            "address_line_1": f"{number + 1} Mill Lane",
            "postal_code": f"LS{number % 20} 1AB",
        }
        email = f"{first.lower()}{number}@example.org"
        people += [
            person(f"crm:{number}", name=f"{first} {last}", email=email, **common),
            person(f"shop:{number}", name=f"{first} {last[:-1]}x", email=email),
        ]
        if number % 2:
            people.append(person(f"pos:{number}", name=f"{first[0]} {last}", **common))
    return people


def test_people_are_found_whatever_the_order_of_rows() -> None:
    world = World(company())
    groups = world.groups()
    assert len(groups) == 40
    for seed in (1, 2):
        shuffled = World(company(), shuffle_seed=seed)
        pd.testing.assert_frame_equal(shuffled.link().links, world.link().links)
        pd.testing.assert_frame_equal(shuffled.run(), world.run())


def test_sources_may_be_called_anything() -> None:
    renamed = [{**row, "source": "x"} for row in company()]
    assert World(renamed).groups() == World(company()).groups()


def test_nobody_and_one_record_are_no_error() -> None:
    assert len(World([person("crm:1", name="Ada Byron")]).groups()) == 1
    empty = World([])
    assert empty.link().links.empty
    assert empty.run().empty


def test_few_pairs_fall_back_on_the_default_model_and_say_why() -> None:
    world = World(company())
    records = prepare_records(world.persons())
    held = prepare_identifiers(world.identifiers, records)
    bad = find_bad_values(held, records, {})
    few = train(records, held, bad, LinkageSettings(), CLOCK)
    assert few["reason"].iloc[0].startswith("default:")
    settings = LinkageSettings(min_training_pairs=20)
    learnt = retrain(few, records, held, bad, settings, CLOCK)
    assert learnt["reason"].iloc[0] == "trained"
    assert learnt["model_number"].unique().tolist() == [2]
    models = pd.concat([few, learnt])
    assert retrain(models, records, held, bad, settings, CLOCK).empty
    overrides = active_overrides(no_overrides(), records["record_id"], CLOCK)
    first = link_records(records, held, bad, models, overrides, settings).links
    second = link_records(records, held, bad, learnt, overrides, settings).links
    pd.testing.assert_frame_equal(first, second)


def test_a_default_model_stays_until_the_company_has_doubled() -> None:
    def learnt(share: float, stored: pd.DataFrame | None = None) -> pd.DataFrame:
        rows = company()
        world = World(rows[: round(len(rows) * share)])
        records = prepare_records(world.persons())
        held = prepare_identifiers(world.identifiers, records)
        bad = find_bad_values(held, records, {})
        if stored is None:
            return train(records, held, bad, LinkageSettings(), CLOCK)
        return retrain(stored, records, held, bad, LinkageSettings(), CLOCK)

    small = learnt(0.45)
    assert learnt(0.6, small).empty
    assert learnt(0.85, small).empty
    doubled = learnt(1.0, small)
    assert doubled["reason"].iloc[0].startswith("default:")
    assert doubled["model_id"].iloc[0] != small["model_id"].iloc[0]


def test_a_rule_over_its_budget_leaves_out_the_largest_block_and_reports_it() -> None:
    people = [
        person(f"crm:{n:02}", name="Ada Byron", email=f"a{n}@example.org", phone="+447700900123")
        for n in range(20)
    ]
    records = prepare_records(pd.DataFrame(people))
    held = prepare_identifiers(pd.DataFrame(), records)
    nothing_bad = find_bad_values(held, records, {})
    world = encode_world(records, held, nothing_bad)
    pairs = planned_and_made(world.encoded, world.holders, 100)[1]
    counts = {count.rule: count for count in pairs.counts}
    for rule in ("given_name.exact and family_name.exact", "shared phone"):
        assert counts[rule].pairs == 0
        assert counts[rule].left_out_blocks == 1
        assert counts[rule].left_out_pairs == 190
    assert len(pairs.left) == 0
    assert len(planned_and_made(world.encoded, world.holders, 1000)[1].left) == 190


def test_a_pair_without_a_row_is_counted_under_its_rule() -> None:
    world = World(company())
    found = world.link()
    everything = World(company(), settings=LinkageSettings(report_weight=-60.0)).link()
    assert len(everything.links) > len(found.links)
    counts = found.counts.set_index(["outcome", "rule"])["pair_count"]
    unlisted = everything.links.groupby("rule").size() - found.links.groupby("rule").size()
    assert counts.loc["rejected_unlisted"].to_dict() == unlisted[unlisted > 0].to_dict()
    assert counts.loc["compared"].sum() >= len(everything.links)
    assert counts.loc["left_out"].sum() == 0
    tight = World(company(), settings=LinkageSettings(max_pairs_per_rule=5)).link().counts
    assert tight.loc[tight["outcome"] == "left_out", "pair_count"].sum() > 0


def test_what_is_listed_and_what_is_counted_make_one_table() -> None:
    found = World(company()).link()
    pairs = found.pairs()
    listed = pairs[pairs["decision"].notna()]
    pd.testing.assert_frame_equal(listed[list(found.links)], found.links, check_dtype=False)
    assert (listed["pair_count"] == 1).all()
    assert len(pairs) == len(found.links) + len(found.counts)


def test_tables_keep_their_types_when_a_column_is_empty() -> None:
    world = World(company())
    table = as_table("identity_pairs", world.link().pairs())
    assert str(table.schema.field("cut_by").type) == "string"
    records = prepare_records(world.persons())
    back = text_columns(as_table("identity_records", records).to_pandas()).drop(
        columns="input_hash"
    )
    pd.testing.assert_frame_equal(
        back, records.assign(created_at=back["created_at"]), check_dtype=False
    )


def test_quality_has_a_value_and_a_range_for_every_measure() -> None:
    world = World(company())
    log = world.run()
    records = prepare_records(world.persons())
    quality = identity_quality(records, current_map(log), world.link().links, log)
    measured = quality.set_index("measure")["value"]
    assert measured["records_per_customer"] == pytest.approx(2.5)
    assert measured["share_of_customers_with_over_3_given_names"] == 0
    assert (quality["expected_low"] <= quality["expected_high"]).all()


def test_one_source_alone_is_not_told_to_have_missed_duplicates() -> None:
    names = ("Anna Ott", "Bert Kuhn", "Clara Diaz", "Emil Sato", "Grete Wolf", "Hugo Lind")
    unlike = World([person(f"crm:{number}", name=name) for number, name in enumerate(names)])
    log = unlike.run()
    records = prepare_records(unlike.persons())
    links = unlike.link().links
    alone = identity_quality(records, current_map(log), links, log)
    usual = alone["value"].between(alone["expected_low"], alone["expected_high"])
    assert (usual | alone["value"].isna()).all()
    several = records.assign(source=["crm", "shop", "till"] * 2)
    among = identity_quality(several, current_map(log), links, log).set_index("measure")
    for measure in ("share_of_single_record_customers", "records_per_customer"):
        row = among.loc[measure]
        assert not row["expected_low"] <= row["value"] <= row["expected_high"]


def test_a_share_of_a_handful_of_pairs_is_no_measure() -> None:
    world = World(company())
    log = world.run()
    records = prepare_records(world.persons())
    links = world.link().links
    decided = links[links["decision"].isin(["linked", "review"])]
    for count, is_told in ((19, False), (20, True)):
        pairs = decided.head(count)
        assert len(pairs) == count
        quality = identity_quality(records, current_map(log), pairs, log).set_index("measure")
        assert quality["value"].notna()["share_of_pairs_in_review"] == is_told


@needs_febrl
def test_febrl3_is_resolved_without_configuration() -> None:
    raw = pd.read_parquet(FEBRL)
    people = raw.rename(columns={"address_line": "address_line_1", "birth_date": "birth_date_raw"})
    settings = LinkageSettings()
    records = prepare_records(people)
    held = prepare_identifiers(pd.DataFrame(), records)
    bad = find_bad_values(held, records, settings.bad_value_people)
    model = train(records, held, bad, settings)
    assert model["reason"].iloc[0] == "trained"
    overrides = active_overrides(no_overrides(), records["record_id"], None)
    links = link_records(records, held, bad, model, overrides, settings).links
    found = cluster_records(records["record_id"], links)
    found["person"] = found["record_id"].map(raw.set_index("record_id")["truth"])

    def pairs(*columns: str) -> int:
        sizes = found.groupby(list(columns)).size()
        return int((sizes * (sizes - 1) // 2).sum())

    right = pairs("cluster_key", "person")
    assert right / pairs("cluster_key") > 0.999
    assert right / pairs("person") > 0.93
