"""`docs/acting.md` and `docs/clocks.md` against what ships and what is bounded."""

import re
from importlib.resources import files
from pathlib import Path

from tocsin import limits
from tocsin.triage.actions import FORMS, State
from tocsin.triage.clocks import parse_clock
from tocsin.triage.drafts import FACTS
from tocsin.triage.playbooks import EXTENSION

ROOT = Path(__file__).parents[2]
ACTING = (ROOT / "docs" / "acting.md").read_text("utf-8")
CLOCKS = (ROOT / "docs" / "clocks.md").read_text("utf-8")


def shipped(folder: str) -> set[str]:
    return {Path(each.name).stem for each in files("tocsin.triage").joinpath(folder).iterdir()}


def test_the_page_names_every_playbook_and_the_extension() -> None:
    told = ACTING.partition("Nine ship:\n")[2].partition(".")[0]
    assert set(re.findall(r"`([a-z-]+)`", told)) == shipped("playbooks") and len(shipped("playbooks")) == 9
    assert ACTING.count(EXTENSION) == 2


def test_the_page_tells_states_forms_and_bounds() -> None:
    assert all(str(state) in ACTING for state in State)
    assert all(f"`{form}`" in ACTING for forms in FORMS.values() for form in forms)
    for told in (
        f"wider than /{limits.ACTION_IPV4_PREFIX} or, of IPv6, /{limits.ACTION_IPV6_PREFIX}",
        f"wider than /{limits.ACTION_ALONE_IPV4_PREFIX}, or /{limits.ACTION_ALONE_IPV6_PREFIX} of IPv6",
        f"what {limits.ACTION_ALONE_HOSTS} own hosts or more talked to in {limits.ACTION_SEEN_DAYS} days",
        f"{limits.ACTION_LEAST_SECONDS // 60} minutes to {limits.ACTION_MOST_SECONDS // 86_400} days",
        f"numbers from {limits.SURICATA_FIRST_SID:,} on",
        f"more than {limits.PLAYBOOK_STEPS} steps, {limits.PLAYBOOK_FILE_BYTES // limits.MIB} MiB, "
        f"{limits.PLAYBOOK_DEPTH} levels",
    ):
        assert told in " ".join(ACTING.split()), told


def test_the_page_lists_every_clock_with_its_steps_and_every_fact() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([^|]+) \|$", CLOCKS, re.MULTILINE))
    assert set(rows) == shipped("clocks")
    for name, steps in rows.items():
        text = files("tocsin.triage").joinpath("clocks", f"{name}.toml").read_text("utf-8")
        assert set(re.findall(r"`([a-z-]+)`", steps)) == {step.id for step in parse_clock(f"{name}.toml", text).steps}
    told = CLOCKS.partition("Facts that a template may name: ")[2]
    assert re.findall(r"`([a-z]+)`", told) == list(FACTS)
