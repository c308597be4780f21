"""``cdp resolve`` with the matcher itself: ids, measures, and answers instead of tracebacks."""

from __future__ import annotations

import csv
import json
import random
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from warehouse_cdp.cli import app

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = (
    "Anna", "Bertram", "Clara", "David", "Edith", "Frank", "Greta", "Hugo", "Irene", "Jakob",
    "Katrin", "Linus", "Martha", "Norbert", "Olga",
)  # fmt: skip
FAMILY = (
    "Abendroth", "Birnbaum", "Christlein", "Dahlmann", "Eichhorn", "Falkenberg", "Grunewald",
    "Hasselbach", "Immermann", "Jakobsen", "Kirchner", "Lindqvist", "Morgenstern", "Niemeyer",
    "Oberhuber",
)  # fmt: skip
CITIES = ("Ely", "Bath", "York", "Wells")


def people(seed: int = 7) -> list[dict[str, str]]:
    """Two records of each of 225 people, the second with a typing error or a gap."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    rows = []
    for place, (given, family) in enumerate(product(GIVEN, FAMILY)):
        born = f"{1940 + dice.randrange(60)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        first = {
            "record_id": f"r{place:03}a",
            "first_name": given,
            "family_name": family,
            "birth_date": born,
            "email": f"{given}.{family}@mail.test".lower(),
            "city": dice.choice(CITIES),
            "note": f"note {place}",
            "who": f"p{place}",
        }
        second = {**first, "record_id": f"r{place:03}b"}
        spoilt = dice.choice(["first_name", "family_name", "birth_date", "email", "city"])
        value = second[spoilt]
        at = dice.randrange(1, len(value) - 1)
        second[spoilt] = "" if dice.random() < 0.5 else value[:at] + value[at + 1 :]
        rows += [first, second]
    dice.shuffle(rows)
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def cdp(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["resolve", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def customers(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return {row["record_id"]: row["customer_id"] for row in csv.DictReader(handle)}


def test_people_are_found_measured_and_told_about(tmp_path: Path) -> None:
    source = write(tmp_path / "people.csv", people())
    out, links = tmp_path / "out.csv", tmp_path / "links.parquet"
    options = ("--map", "given_name=first_name", "--truth", "who", "--links", links)
    code, said, told = cdp(source, "--output", out, *options)
    assert code == 0, told
    assert all(line.startswith("resolve: ") for line in told.splitlines())
    assert f"{source}: 450 rows" in said
    assert "uses     record_id, given_name (first_name), family_name, birth_date" in said
    assert "ignores  note" in said
    assert "450 records -> 22" in said
    assert "against who (450 records):" in said
    assert f"wrote {out} and {links}" in said
    code, said, _ = cdp(source, "-o", out, *options, "--json")
    found = json.loads(said)
    assert found["records"] == 450
    assert found["customers_by_size"]["2"] > 220
    assert found["files"][0]["used"]["given_name"] == "first_name"
    assert found["files"][0]["ignored"] == ["note"]
    assert {"step", "what", "count", "reason"} == set(found["report"][0])
    for measure in ("pairwise", "bcubed", "cluster"):
        assert found["quality"][measure]["f1"] > 0.98
    assert len(customers(out)) == 450


def test_the_same_people_get_the_same_ids_in_any_order_and_number_of_files(
    tmp_path: Path,
) -> None:
    rows = people()
    write(tmp_path / "all.csv", rows)
    write(tmp_path / "some.csv", rows[300:])
    write(tmp_path / "others.csv", list(reversed(rows[:300])))
    mapped = ("--map", "given_name=first_name")
    assert cdp(tmp_path / "all.csv", *mapped, "-o", tmp_path / "one.csv")[0] == 0
    assert (
        cdp(tmp_path / "some.csv", tmp_path / "others.csv", *mapped, "-o", tmp_path / "two.csv")[0]
        == 0
    )
    assert customers(tmp_path / "one.csv") == customers(tmp_path / "two.csv")


def test_a_high_threshold_links_less(tmp_path: Path) -> None:
    source = write(tmp_path / "people.csv", people())
    counts = []
    for threshold in ("0.5", "0.999999999999"):
        code, said, _ = cdp(source, "-o", tmp_path / "out.csv", "--threshold", threshold, "--json")
        assert code == 0
        counts.append(json.loads(said)["link_count"])
    assert counts[1] < counts[0]


def spoilt(how: str) -> list[dict[str, str]]:
    rows = people()
    for place, row in enumerate(rows):
        if how == "one value":
            row["city"] = "Ely"
        elif how == "nothing in a column":
            row["city"] = ""
        elif how == "a long cell" and place == 100:
            row["family_name"] = "x" * 100_000
        elif how == "long cells" and place % 10 == 0:
            row["email"] = f"{'y' * 100_000}{place}@x.test"
        elif how == "signs only":
            row["city"] = "---"
    return rows


@pytest.mark.parametrize(
    "how", ["one value", "nothing in a column", "a long cell", "long cells", "signs only"]
)
def test_a_bad_column_spoils_nothing_but_itself(tmp_path: Path, how: str) -> None:
    source = write(tmp_path / "people.csv", spoilt(how))
    options = ("--map", "given_name=first_name", "--truth", "who", "--json")
    code, said, told = cdp(source, "-o", tmp_path / "out.csv", *options)
    assert code == 0, told
    found = json.loads(said)
    assert found["quality"]["pairwise"]["f1"] > 0.97
    left_out = [row["what"] for row in found["report"] if row["reason"].startswith("left out")]
    assert left_out == ([] if "cell" in how else ["city"])


@pytest.mark.parametrize(
    "rows",
    [
        [{"email": "a@x.test"}],
        [{"email": ""}, {"email": " "}],
        [{"email": "", "given_name": "Ann"}, {"email": "", "given_name": "Ann"}],
        [{"record_id": "1", "email": "a@x.test"}, {"record_id": "2", "email": "b@x.test"}],
    ],
)
def test_records_that_say_nothing_are_alone(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    source = write(tmp_path / "people.csv", rows)
    code, said, told = cdp(source, "-o", tmp_path / "out.csv")
    assert code == 0, told
    assert len(set(customers(tmp_path / "out.csv").values())) == len(rows)
    assert f"wrote {tmp_path / 'out.csv'}" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["people.csv"], 2, "--output"),
        (["-o", "out.csv"], 2, "FILE"),
        (["gone.csv", "-o", "out.csv"], 3, "gone.csv is not there"),
        (["people.csv", "-o", "people.csv"], 2, "is an input"),
        (["people.csv", "-o", "no/out.csv"], 2, "the folder no is not there; make it first"),
        (["people.csv", "-o", "out.txt"], 2, "valid are .csv and .parquet"),
        (["people.csv", "-o", "out.csv", "--threshold", "1.5"], 2, "between 0 and 1"),
        (["people.csv", "-o", "out.csv", "--threshold", "0"], 2, "between 0 and 1"),
        (["people.csv", "-o", "out.csv", "--threshold", "nan"], 2, "between 0 and 1"),
        (["people.csv", "-o", "out.csv", "--threshold", "high"], 2, "for '--threshold'"),
        (["people.csv", "-o", "out.csv", "--truth", "whom"], 2, "did you mean who?"),
        (["people.csv", "-o", "out.csv", "--map", "email=mial"], 2, "did you mean mail?"),
        (["people.csv", "-o", "out.csv", "--map", "name=mail"], 2, "did you mean full_name?"),
        (["twice.csv", "-o", "out.csv"], 3, "not unique: 1 id is on 2 rows: rows 1, 2"),
        (["empty.csv", "-o", "out.csv"], 3, "empty.csv is empty"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_exit_code(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "people.csv", [{"mail": "zqcanary@x.test", "city": "Ely", "who": "1"}])
    write(tmp_path / "twice.csv", [{"record_id": "zqcanary", "email": "a@x.test"}] * 2)
    (tmp_path / "empty.csv").touch()
    got, out, told = cdp(*arguments)
    assert (got, said in told.replace("\n", " ")) == (code, True), told
    assert "zqcanary" not in out + told
    assert not (tmp_path / "out.csv").exists()


def test_json_is_the_only_thing_on_standard_output(tmp_path: Path) -> None:
    write(tmp_path / "people.csv", [{"email": "a@x.test"}, {"email": "b@x.test"}])
    _, said, told = cdp(tmp_path / "people.csv", "-o", tmp_path / "out.csv", "--json")
    found: dict[str, Any] = json.loads(said)
    assert (found["customers"], found["quality"]) == (2, None)
    assert "customers" not in told
