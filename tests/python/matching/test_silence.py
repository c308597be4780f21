"""What cannot speak does not count: sparse records, bare lists, numbered mailboxes, companies."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from warehouse_cdp.matching.compare import Comparer
from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare, resolve
from warehouse_cdp.matching.refine import refine
from warehouse_cdp.matching.silence import Silence
from warehouse_cdp.matching.weighing import gather

if TYPE_CHECKING:
    from warehouse_cdp.matching.encode import Records
    from warehouse_cdp.matching.train import Model


def records_of(frame: pd.DataFrame) -> Records:
    frame = frame.assign(record_id=[f"{number:05d}" for number in range(len(frame))])
    records = prepare(frame, MatchOptions()).records
    assert records is not None
    return records


def trained(frame: pd.DataFrame) -> tuple[Records, Model]:
    records = records_of(frame)
    evidence = gather(records, None, MatchOptions(), lambda _step, _share: None)
    return records, evidence.weigh.settled.model


def sparse(people: int, copies: int, seed: int = 1) -> pd.DataFrame:
    """Records of people who each tell some of six things, another part each time."""
    draw = Random(seed)  # noqa: S311 - a made-up world
    names = ["".join(draw.choices("abcdefghiklmnoprstu", k=7)) for _ in range(150)]
    rows = []
    for person in range(people):
        born = 1940_0101 + draw.randrange(60) * 10_000 + draw.randrange(28)
        known = {
            "given_name": draw.choice(names),
            "family_name": draw.choice(names),
            "birth_date": str(born + 100 * draw.randrange(12)),
            "phone": str(draw.randrange(10**8, 10**9)),
            "city": draw.choice(names[:30]),
            "postal_code": str(draw.randint(10000, 99999)),
        }
        for _ in range(copies):
            told = {name: value if draw.random() < 0.6 else None for name, value in known.items()}
            rows.append({**told, "truth": str(person)})
    return pd.DataFrame(rows)


def f1_of(frame: pd.DataFrame) -> tuple[float, float]:
    people = frame.drop(columns="truth").assign(record_id=[str(n) for n in range(len(frame))])
    found = resolve(people, MatchOptions())
    score = agreement(pd.factorize(found.customer_id)[0], pd.factorize(frame["truth"])[0])
    return score.pairwise.precision, score.pairwise.recall


def test_pairs_with_little_in_common_count_by_what_they_say_alone() -> None:
    records, model = trained(sparse(120, 6))
    count = Silence(records, model, 0.3)
    prior = model.prior_weight()
    held = np.array([column.codes >= 0 for column in records.columns]).T
    nothing = [(a, b) for a in range(40) for b in range(a) if not (held[a] & held[b]).any()]
    everything = np.flatnonzero(held.all(axis=1))[:2]
    left, right = np.array(nothing, dtype=np.int32).T
    assert len(left)
    assert not count(left, right, np.full(len(left), prior)).any()
    # Contradiction counts, without the prior; who could have agreed and did not keeps all.
    assert np.allclose(count(left, right, np.full(len(left), prior - 4.0)), -4.0)
    one, other = everything[:1].astype(np.int32), everything[1:].astype(np.int32)
    assert count(one, other, np.array([prior - 4.0])) == prior - 4.0


def test_a_component_is_not_cut_for_pairs_that_are_silent() -> None:
    labels = np.zeros(3, dtype=np.int64)
    weights = {(0, 1): 2.0, (0, 2): 2.0, (1, 2): -12.0}

    def weigh(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.array([weights[pair] for pair in zip(left.tolist(), right.tolist(), strict=True)])

    assert len(set(refine(labels, weigh, -3.0).tolist())) == 2
    kept = refine(labels, weigh, -3.0, count=lambda _left, _right, found: np.maximum(found, 0.0))
    assert len(set(kept.tolist())) == 1


def test_people_of_many_sparse_records_are_not_taken_apart() -> None:
    precision, recall = f1_of(sparse(150, 6))
    assert precision > 0.98
    assert recall > 0.95


def test_equal_emails_are_one_persons_where_nothing_else_is_known() -> None:
    draw = Random(2)  # noqa: S311 - a made-up world
    rows = []
    for person in range(600):
        mail, phone = f"m{draw.randrange(10**9)}@mail.example", str(draw.randrange(10**8, 10**9))
        told = [(mail, phone), (mail, None), (None, phone)][: draw.randint(1, 3)]
        rows += [(*pair, str(person)) for pair in told]
    frame = pd.DataFrame(rows, columns=["email", "phone", "truth"])
    precision, recall = f1_of(frame)
    assert precision > 0.99
    assert recall > 0.99


def test_a_name_with_other_numbers_is_another_mailbox() -> None:
    frame = pd.DataFrame(
        {
            "given_name": ["Duyen", "Duyen", "Duyen", "Hoa"],
            "family_name": ["Le", "Le", "Le", "Tran"],
            "email": [
                "duyenle1967@mail.example", "duyenle1974@mail.example",
                "duyenle1966@mail.example", "hoa@mail.example",
            ],
        }
    )  # fmt: skip
    records = records_of(frame)
    number = [column.name for column in records.columns].index("email")
    left, right = np.array([0, 0], dtype=np.int32), np.array([1, 2], dtype=np.int32)
    levels = Comparer(records).levels(left, right)[:, number]
    names = [LEVEL_NAMES["email"][found - 1] for found in levels]
    assert names == ["different", "similar"]


def test_companies_meet_by_their_place() -> None:
    draw = Random(3)  # noqa: S311 - a made-up world
    kinds = ("plumbing", "bakery", "textiles", "logistics", "media")
    rows: list[tuple[str, str | None, str, str]] = []
    for company in range(700):
        name = f"{''.join(draw.choices('abdefgiklmnorstu', k=8))} {draw.choice(kinds)}"
        place = str(draw.randint(10000, 99999))
        street = f"{draw.randint(1, 99)} {''.join(draw.choices('aeioulmnrst', k=7))} road"
        rows.append((name, street, place, str(company)))
        if company % 2:
            rows.append((f"{name} ltd", None, place, str(company)))
    frame = pd.DataFrame(rows, columns=["company", "address_line", "postal_code", "truth"])
    precision, recall = f1_of(frame)
    assert precision > 0.99
    assert recall > 0.97
