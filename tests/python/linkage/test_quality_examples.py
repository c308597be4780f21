"""Each measure that is not zero shows whom it means, and nobody else."""

from __future__ import annotations

import pandas as pd

from linkage_worlds import CLOCK, person
from warehouse_cdp.linkage import (
    as_table,
    identity_quality,
    prepare_records,
    quality_examples,
)
from warehouse_cdp.linkage.links import LINK_COLUMNS

LINKS = pd.DataFrame(
    [
        ("crm:1", "shop:1", "same_email", "{}", "linked", None, 30.0, 1.0),
        ("crm:2", "shop:2", "probabilistic", "{}", "review", None, 2.0, 0.8),
        ("crm:2", "shop:3", "probabilistic", "{}", "review", None, 3.0, 0.9),
        ("crm:3", "till:9", "nameless_same_phone", "{}", "cut", "ambiguous_identifier", 10.0, 1.0),
    ],
    columns=list(LINK_COLUMNS),
)


def company() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and their customers: one of 21 records and names, some alone, one person twice."""
    names = ("Ada", "Bert", "Clara", "Doris")
    people = [
        person(f"big:{number:02}", name=f"{names[number % 4]} Lind", postal_code=str(number % 6))
        for number in range(21)
    ]
    people += [person(f"{source}:1", name="Emil Ott") for source in ("crm", "shop")]
    twice = {"name": "Hugo Kern", "email": "hugo@example.org"}
    people += [person("crm:2", **twice), person("shop:2", **twice), person("shop:3", name="Jo Pe")]
    people += [person("crm:3", name="Max Sommer"), person("till:9")]
    records = prepare_records(pd.DataFrame(people))
    customer = {f"big:{number:02}": "cus_big" for number in range(21)}
    customer |= {"crm:1": "cus_1", "shop:1": "cus_1"}
    ids = [customer.get(name, f"cus_{name}") for name in records["record_id"]]
    return records, pd.DataFrame({"record_id": records["record_id"], "customer_id": ids})


def changes(change_type: str) -> pd.DataFrame:
    return pd.DataFrame({"record_id": ["shop:1"], "change_type": [change_type], "at": [CLOCK]})


def test_every_measure_shows_whom_it_counts_the_worst_first() -> None:
    records, customers = company()
    found = quality_examples(records, customers, LINKS, changes("split"))
    shown = {
        str(measure): list(
            zip(rows["customer_id"], rows["left_record_id"], rows["right_record_id"], strict=True)
        )
        for measure, rows in found.groupby("measure")
    }
    big = [("cus_big", "big:00", "big:20")]
    assert shown.pop("largest_customer_records")[:2] == [*big, ("cus_1", "crm:1", "shop:1")]
    assert shown == {
        "share_of_customers_with_over_3_given_names": big,
        "share_of_customers_with_over_5_postcodes": big,
        "share_of_records_in_customers_of_over_20_records": big,
        "share_of_name_and_email_on_several_customers": [("cus_crm:2", "crm:2", "shop:2")],
        "share_of_single_record_customers": [
            ("cus_crm:3", "crm:3", "till:9"),
            ("cus_till:9", "till:9", "crm:3"),
            ("cus_crm:2", "crm:2", "shop:3"),
            ("cus_shop:3", "shop:3", "crm:2"),
            ("cus_shop:2", "shop:2", "crm:2"),
        ],
        "share_of_pairs_in_review": [
            ("cus_crm:2", "crm:2", "shop:3"),
            ("cus_crm:2", "crm:2", "shop:2"),
        ],
        "share_of_nameless_edges_ambiguous": [("cus_crm:3", "crm:3", "till:9")],
        "share_of_records_that_changed_customer": [("cus_1", "shop:1", None)],
    }


def test_what_is_shown_is_what_is_measured() -> None:
    records, customers = company()
    quality = identity_quality(records, customers, LINKS, changes("split"))
    value = quality.set_index("measure")["value"]
    assert value["share_of_customers_with_over_3_given_names"] == 1 / 7
    assert value["share_of_records_in_customers_of_over_20_records"] == 21 / 28
    assert value["share_of_records_that_changed_customer"] == 1 / 28
    quiet = quality_examples(records, customers, LINKS.head(1), changes("created"))
    assert set(quiet["measure"]).isdisjoint(
        {
            "share_of_records_that_changed_customer",
            "share_of_pairs_in_review",
            "share_of_nameless_edges_ambiguous",
        }
    )
    examples = quality_examples(records, customers, LINKS, changes("split"))
    assert set(examples["measure"]) < set(quality["measure"])


def test_at_most_ten_are_shown_and_nothing_makes_an_empty_table() -> None:
    people = [person(f"crm:{number:02}", name="Ada Lind") for number in range(30)]
    records = prepare_records(pd.DataFrame(people))
    customers = pd.DataFrame(
        {"record_id": records["record_id"], "customer_id": "cus_" + records["record_id"]}
    )
    nothing = changes("created").head(0)
    found = quality_examples(records, customers, LINKS.head(0), nothing)
    assert found["measure"].value_counts().to_dict() == {"largest_customer_records": 10}
    assert found["example_number"].tolist() == list(range(1, 11))
    none = quality_examples(records.head(0), customers.head(0), LINKS.head(0), nothing)
    assert as_table("identity_quality_examples", none).num_rows == 0
