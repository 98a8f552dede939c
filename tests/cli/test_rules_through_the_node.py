"""`tocsin rules update` through the node, under a login: shown, refused, placed, and what the ledger has of it."""

import json
from pathlib import Path

from keepers import Keeper
from nodes import command

from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Role
from tocsin.node.service.config import load_config
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.rule_update import files_digest
from tocsin.node.upkeep.shell import shell_actor

RULE = """\
title: Host three
id: 22222222-2222-4222-8222-222222222222
level: high
logsource: {product: windows, category: dns_query}
detection:
  selection:
    QueryName: host3.example
  condition: selection
"""
FAR = ("--days", "3650")


def offered(tmp_path: Path) -> Path:
    folder = tmp_path / "offered"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "three.yml").write_text(RULE, "utf-8")
    return folder


def entries(keeper: Keeper, kind: Kind) -> list[tuple[str, dict[str, object]]]:
    with keeper.api.desk.store.read() as connection:
        return [(each.actor, dict(each.detail)) for each in ledger.newest_of(connection, kind, 10)]


def in_use(keeper: Keeper) -> tuple[Path, ...]:
    return rule_paths(keeper.folder, load_config(keeper.folder.config))


def test_a_lead_sees_what_a_set_would_raise_and_puts_it_in_place(keeper: Keeper, tmp_path: Path) -> None:
    folder, before = offered(tmp_path), in_use(keeper)
    keeper.log_in(Role.ANALYST)
    assert "may not do this" in command("rules", "update", folder, "--dry-run").err
    lead = keeper.log_in(Role.LEAD)
    shown = command("rules", "update", folder, *FAR, typed="n\n")
    assert shown.code == 0 and "The node evaluates 1 files" in shown.err and "old set stays" in shown.err
    assert "new     high          Host three: 0 hits, 0 incidents → 1 hits" in shown.out and "host3" in shown.out
    assert entries(keeper, Kind.HUNT) == [(lead.actor, {"by": "review of rules", "files": 1, "days": 3650})]
    assert in_use(keeper) == before and entries(keeper, Kind.RULE_CHANGE) == []
    (folder / "broken.yml").write_text("title: [", "utf-8")
    done = command("rules", "update", folder, *FAR, "--yes", "--json", "--without-refused")
    assert done.code == 0 and "The new set is in rules/" in done.err, done.err
    told = json.loads(done.out)
    ((actor, detail),) = entries(keeper, Kind.RULE_CHANGE)
    assert (actor, detail["left_out"]) == (lead.actor, 1) and told["refused"][0]["place"] == "broken.yml"
    assert (detail["before"], detail["after"]) == (told["before"], told["after"])
    (path,) = in_use(keeper)
    (folder / "broken.yml").unlink()
    assert files_digest((path,)) == files_digest((folder,)) == told["after"]
    assert not list(keeper.folder.spool.glob("handed-*"))


def test_an_admin_is_told_numbers_and_no_event(keeper: Keeper, tmp_path: Path) -> None:
    keeper.log_in(Role.ADMIN)
    shown = command("rules", "update", offered(tmp_path), *FAR, "--dry-run")
    assert shown.code == 0 and "→ 1 hits" in shown.out and "host3" not in shown.out, shown.err


def test_a_rescue_acts_on_the_folder_and_the_ledger_has_it_first(keeper: Keeper, tmp_path: Path) -> None:
    folder = offered(tmp_path)
    (folder / "broken.yml").write_text("title: [", "utf-8")
    assert command("rules", "update", folder, "--reason", "x").code == 2
    assert "needs a reason" in command("rules", "update", folder, "--rescue", "--dir", keeper.folder.path).err
    rescue = ("--rescue", "--reason", "the API is down", "--dir", keeper.folder.path)
    refused = command("rules", "update", folder, *FAR, *rescue, "--yes")
    assert refused.code == 3 and "--without-refused" in refused.err
    done = command("rules", "update", folder, *FAR, *rescue, "--yes", "--without-refused")
    assert done.code == 0 and "→ 1 hits" in done.out and "Left out: 1 rules" in done.out, done.err
    rescues = entries(keeper, Kind.RESCUE)
    assert [(actor, detail["what"]) for actor, detail in rescues] == [(shell_actor(), "rules update")] * 2
    ((actor, detail),) = entries(keeper, Kind.RULE_CHANGE)
    assert (actor, detail["left_out"]) == (shell_actor(), 1)
    assert [path.name for each in in_use(keeper) for path in each.rglob("*.yml")] == ["three.yml"]


def test_a_set_that_cannot_travel_is_told_before_it_is_sent(keeper: Keeper, tmp_path: Path) -> None:
    keeper.log_in(Role.LEAD)
    folder = offered(tmp_path)
    (folder / "link.yml").symlink_to(folder / "deep" / "three.yml")
    done = command("rules", "update", folder, "--yes")
    assert done.code == 2 and "is a link" in done.err and entries(keeper, Kind.HUNT) == []
