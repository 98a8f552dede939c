"""An incident at a constituent that makes a mail say everything that a mail can say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tocsin import limits
from tocsin.model import LEVELS, Evidence, Finding, RuleInfo
from tocsin.policy.markings import Marking, Pap, Tlp
from tocsin.triage.constituents import Constituent, Directory
from tocsin.triage.telling import Sender, Telling, tell
from tocsin.words.acts import TACTIC_WORDS

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)


def constituent(id: str, **more: object) -> Constituent:
    """One with names, networks and a contact of its own."""
    number = ord(id[-1]) % 200
    told: dict[str, object] = {
        "name": f"Ministry {id}", "organisations": (f"org-{id}",), "netblocks": (f"10.{number}.0.0/16",),
        "domains": (f"{id}.example",), "contacts": (f"soc@{id}.example",),
    }  # fmt: skip
    return Constituent(id, **{**told, **more})  # type: ignore[arg-type]


def finding(host: str, user: str, organisation: str, **more: object) -> Finding:
    told: dict[str, object] = {
        "rule": RuleInfo("r", "A rule", "high", attack=("T1003",)), "count": 2, "first": AT, "last": AT,
        "event_ids": (), "evidence": (Evidence("e", AT, "f", 1, {"Image": "x.exe"}),),
    }  # fmt: skip
    return Finding(host=host, user=user, organisation=organisation, **{**told, **more})  # type: ignore[arg-type]


def everything(id: str) -> Iterator[list[Finding]]:
    """Rows for one mail after another: every tactic, level, length of time, and too many rows."""
    lengths = [0, 1, 90, 119, 121, 7_000, 8_000, 100_000, 200_000]
    for place, tactic in enumerate(["none", *TACTIC_WORDS]):
        rule = RuleInfo(f"r-{tactic}", "A rule", LEVELS[place % len(LEVELS)], tactics=(tactic,))
        last = AT + timedelta(seconds=lengths[place % len(lengths)])
        yield [
            finding(f"h{number}", f"u{number}", f"org-{id}", rule=rule, last=last) for number in range(place % 3 + 1)
        ]
    yield [finding(f"h{number}", "-", f"org-{id}") for number in range(limits.TELL_ROWS + 1)]
    timeless = Evidence("e", None, "f", 1, {"Image": "x.exe"})
    yield [finding(f"h{n}", f"u{n}", f"org-{id}", first=None, last=None, count=n + 1, evidence=(timeless,))
           for n in range(limits.TELL_ROWS + 2)]  # fmt: skip


def all_tellings(language: str) -> Iterator[Telling]:
    """A mail for each of them, with every label, in a language."""
    who = constituent("a", language=language, limit=Tlp.RED)
    markings = [Marking(tlp, pap) for tlp in Tlp for pap in Pap]
    for place, rows in enumerate(everything("a")):
        marking = markings[place % len(markings)]
        yield tell("I-0123456789ab", rows, Directory([who]), Sender("CERT Examplia", marking))
    rows = [finding("h of B", "", "org-a", message="seen with b.example")]
    for marking in markings:
        yield tell("I-0123456789ab", rows, Directory([who, constituent("b")]), Sender("CERT Examplia", marking))
