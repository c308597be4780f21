"""docs/guides/review.md followed in order on a small company, with what each command must do."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from warehouse_cdp.warehouse.blast_radius import SELECTION
from worlds import ROOT, Outcome, Project, built_world, copied, sample_clock

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "docs/guides/review.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", GUIDE, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.strip().splitlines()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return built_world(tmp_path_factory.mktemp("overrides"))


@pytest.fixture(scope="module")
def guided(world: Project, tmp_path_factory: pytest.TempPathFactory) -> Guided:
    return Guided(
        copied(world, tmp_path_factory.mktemp("guided")), tmp_path_factory.mktemp("temporary")
    )


class Guided:
    """A built company, and pairs in it that stand in for those the guide names."""

    def __init__(self, project: Project, temporary: Path) -> None:
        self.project = project
        self.temporary = temporary
        self.apart = self.pair("stratum like 'linked_probabilistic%'")
        # One of the two is a customer alone, whose id ends when both are one.
        self.together = self.pair(
            "decision = 'review' and right_customer_id in ("
            "select customer_id from dev_identity.identity_map group by 1 having count(*) = 1)"
        )
        self.stated: dict[str, str] = {}

    def pair(self, condition: str) -> tuple[str, str]:
        left, right = self.project.query(
            "select left_record_id, right_record_id from dev_identity.identity_review_queue "
            f"where is_sampled and {condition} order by match_weight nulls last, 1, 2 limit 1"
        )[0]
        return left, right

    def command(self, beginning: str) -> list[str]:
        """The one command of the guide that begins so, its records those of this company."""
        (found,) = [line for line in COMMANDS if re.fullmatch(beginning + r".*", line)]
        names = {
            **dict(zip(("crm:0035", "shop_uk:7001"), self.apart, strict=True)),
            **dict(zip(("crm:0036", "email:4"), self.together, strict=True)),
            **self.stated,
        }
        program, *arguments = [names.get(word, word) for word in shlex.split(found)]
        assert program == "cdp"
        return arguments

    def run(self, beginning: str, *more: str, code: int = 0) -> Outcome:
        done = self.project.cdp(
            *self.command(beginning), *more, environment={"TMPDIR": str(self.temporary)}
        )
        assert done.code == code, done.output
        return done

    def says(self, beginning: str, *more: str) -> Any:  # noqa: ANN401 - what JSON holds
        return json.loads(json_of(self.run(beginning, "--json", *more).output))

    def dry_run(self, beginning: str, *more: str) -> dict[str, Any]:
        """What it says, after a look that it touched nothing and left nothing behind."""
        before = fingerprint(self.project.folder)
        said = self.says(beginning, *more)
        assert fingerprint(self.project.folder) == before
        assert list(self.temporary.iterdir()) == []
        assert said["is_dry_run"] is True
        assert said["recorded"] == said["withdrawn"] == []
        radius: dict[str, Any] = said["blast_radius"]
        return radius

    def build(self) -> None:
        clock = json.dumps({"as_of": sample_clock(self.project.folder / "sample")})
        more = ("identity_review_queue", "identity_precision", "identity_quality_examples")
        done = self.project.dbt("run", "--vars", clock, "--select", *SELECTION, *more)
        assert done.code == 0, done.output


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of a folder with its contents and the time it was written."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns)
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def json_of(output: str) -> str:
    """The result among what was said besides (progress goes to the other stream)."""
    found = re.search(r"^[\[{].*^[\]}]", output, flags=re.DOTALL | re.MULTILINE)
    assert found, output
    return found.group(0)


@dataclass(frozen=True)
class Picture:
    """What a build left: who is who, golden records, members of segments, contacts."""

    ids: dict[str, str]
    customers: dict[str, tuple[Any, ...]]
    members: set[tuple[Any, ...]]
    contacts: set[str]

    @classmethod
    def of(cls, project: Project) -> Picture:
        golden = project.query("select customer_id, * from dev_marts.customers")
        contacts = project.query("select customer_id from dev_activation.act_email__contacts")
        return cls(
            dict(project.query("select record_id, customer_id from dev_identity.identity_map")),
            {row[0]: row[1:] for row in golden},
            set(
                project.query("select segment_name, customer_id from dev_audiences.segment_members")
            ),
            {name for (name,) in contacts},
        )


def test_the_guide_can_be_followed_and_a_dry_run_tells_what_a_build_then_does(
    guided: Guided,
) -> None:
    queue = guided.run(r"cdp query .*is_sampled").output
    assert all(record in queue for record in (*guided.apart, *guided.together))
    (guided.project.folder / "decisions.csv").write_text(
        "instruction,left_record_id,right_record_id,valid_until\n"
        f"cannot_link,{','.join(guided.apart)},\nmust_link,{','.join(guided.together)},2099-01-01\n"
    )
    foretold = guided.dry_run(r"cdp identity override load .*--dry-run")
    before = Picture.of(guided.project)
    recorded = guided.run(r"cdp identity override load .*--by review-desk").output
    assert "2 of the review sample" in recorded
    # Said again, one by one, it is known already.
    assert "is so already" in guided.run(r"cdp identity override cannot-link").output
    assert "is so already" in guided.run(r"cdp identity override must-link").output
    guided.build()
    after = Picture.of(guided.project)
    assert after.ids[guided.apart[0]] != after.ids[guided.apart[1]]
    assert after.ids[guided.together[0]] == after.ids[guided.together[1]]
    assert foretold["would_be_refused"] == []
    as_foretold(foretold, before, after)
    answers_count(guided)
    taken_back(guided)


def as_foretold(foretold: dict[str, Any], before: Picture, after: Picture) -> None:
    """A build did what the dry run said, id for id."""
    ids = foretold["ids"]
    now, then = set(after.ids.values()), set(before.ids.values())
    assert (ids["created"], ids["retired"]) == (sorted(now - then), sorted(then - now))
    assert ids["created"]
    assert ids["retired"]
    moves = {(then, after.ids[name]) for name, then in before.ids.items()}
    assert {(one, other) for one, other in moves if one != other} == {
        *pairs_of(ids["split"], "from_id", "created_id"),
        *pairs_of(ids["moved"], "from_id", "to_id"),
        *pairs_of(ids["merged"], "retired_id", "into_id"),
    }
    assert ids["record_count"] == sum(before.ids[name] != after.ids[name] for name in before.ids)

    stayed = set(before.customers) & set(after.customers)
    changed = {name for name in stayed if before.customers[name] != after.customers[name]}
    assert foretold["golden"]["customers_changed"] == len(changed) > 0
    assert "record_count" in foretold["golden"]["fields_changed"]
    alias = {one["retired_id"]: one["into_id"] for one in ids["merged"]}
    known = {(segment, alias.get(name, name)) for segment, name in before.members}
    assert pairs_of(foretold["segments"], "segment_name", "entered", "left") == {
        (name, count(after.members - known, name), count(known - after.members, name))
        for name in {segment for segment, _ in after.members ^ known}
    }
    (sync,) = [one for one in foretold["syncs"] if one["sync_name"] == "sync_email__contacts"]
    assert sync["added"] == len(after.contacts - before.contacts)
    assert sync["removed"] == len(before.contacts - after.contacts)


def answers_count(guided: Guided) -> None:
    """Both pairs were drawn: they count in table and command, though they left the queue."""
    asked = {row["stratum"]: row for row in guided.says(r"cdp identity precision")}
    counted = ("decided_pair_count", "match_pair_count")
    assert [asked["all_linked"][name] for name in counted] == [1, 0]
    assert [asked["all_kept_apart"][name] for name in counted] == [1, 1]
    totals = f"select {', '.join(counted)} from dev_identity.identity_precision where is_total"
    assert guided.project.query(f"{totals} order by is_linked") == [(1, 1), (1, 0)]
    assert "are left out" in guided.run(r"cdp identity precision").output
    queue = "select left_record_id, right_record_id from dev_identity.identity_review_queue"
    assert not set(guided.project.query(queue)) & {guided.apart, guided.together}
    assert "largest_customer_records" in guided.run(r"cdp query .*identity_quality").output


def taken_back(guided: Guided) -> None:
    """What is withdrawn is listed only when all is asked for."""
    listed = guided.says(r"cdp identity override list")
    assert pairs_of(listed, "instruction", "status") == {
        ("cannot_link", "holds"),
        ("must_link", "holds"),
    }
    (withdrawn,) = [row["override_id"] for row in listed if row["instruction"] == "must_link"]
    guided.stated["ovr_5f0c1d2e3a4b"] = withdrawn
    assert guided.run(r"cdp identity override withdraw \S+$").output.startswith("withdrew ovr_")
    assert "is so already" in guided.run(r"cdp identity override withdraw \S+$").output
    assert withdrawn not in guided.run(r"cdp identity override list").output
    assert "withdrawn" in guided.run(r"cdp identity override list", "--all").output


def pairs_of(rows: list[dict[str, Any]], *names: str) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


def count(rows: set[tuple[Any, ...]], name: str) -> int:
    return sum(segment == name for segment, _ in rows)
