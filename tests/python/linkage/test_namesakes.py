"""Father and son of one name, or one person with a wrong date: a third record decides late."""

from __future__ import annotations

from linkage_worlds import World, person

HOME = {"address_line_1": "12 Mill Lane", "postal_code": "LS1 1AB", "city": "Leeds"}


def one(record_id: str, born: str | None = None, **values: object) -> dict[str, object]:
    return person(record_id, name="Niels Abernathy", birth_date=born, **HOME, **values)


def filler() -> list[dict[str, object]]:
    """Other people, so that the name is not everybody's."""
    return [person(f"x:{n}", name=f"Ada Byron{n}", email=f"a{n}@example.org") for n in range(30)]


def test_where_two_birth_dates_stay_apart_a_record_without_one_is_nobodys() -> None:
    people = [one("crm:1", "1950-01-02"), one("crm:2", "1981-07-09"), one("shop:1"), *filler()]
    world = World(people)
    assert {frozenset(group) for group in world.groups() if "shop:1" in group} == {
        frozenset({"shop:1"})
    }
    links = world.link().links.set_index(["left_record_id", "right_record_id"])
    for record in ("crm:1", "crm:2"):
        assert links.loc[(record, "shop:1"), "cut_by"] == "ambiguous_namesakes"


def test_where_the_dates_turn_out_one_persons_the_record_joins() -> None:
    people = [
        one("crm:1", "1950-01-02", email="n@example.org"),
        one("loyalty:1", "1950-01-02", email="n@example.org"),
        one("till:1", "1950-01-02", email="n@example.org"),
        one("shop:1", "1981-07-09", email="n@example.org", merged_into_record_id="crm:1"),
        one("web:1"),
        *filler(),
    ]
    groups = World(people).groups()
    assert frozenset({"crm:1", "loyalty:1", "till:1", "shop:1", "web:1"}) in {
        frozenset(group) for group in groups
    }
