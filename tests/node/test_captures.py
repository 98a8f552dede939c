"""Every analytic of the pack on its captures, and the analytics inside a scan."""

from pathlib import Path

import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.errors import UsageError
from tocsin.node.captures import found_in, try_captures

ANALYTICS = load_analytics().analytics


@pytest.mark.parametrize("id", sorted(ANALYTICS))
def test_an_analytic_finds_its_attack_and_passes_over_the_harmless(id: str) -> None:
    result = try_captures(ANALYTICS[id], ())
    assert result.attack == result.golden
    assert result.attack
    assert not result.benign


@pytest.mark.parametrize("id", sorted(ANALYTICS))
def test_every_threshold_says_why_and_every_finding_has_evidence(id: str) -> None:
    analytic = ANALYTICS[id]
    assert all(len(each.why) > 15 for each in analytic.thresholds)
    assert analytic.info.tactics
    assert Path(analytic.path).is_file()


FOREIGN = """\
-- title: Sign-in from a network
-- level: medium
-- status: test
-- about: Someone signed in from it.
-- against: Travel.
-- misses: Much.
-- evidence: authentication: user_name, src_endpoint_ip
-- finding: {user} signed in to a {role} from AS{number} ({name}), {hosting}.
SELECT organisation, network, device_hostname AS host, user_name AS "user", time_us AS first_us, time_us AS last_us,
       time_us AS opened_us, 1 AS count, event_id AS event_ids, CAST(asn AS VARCHAR) AS number,
       as_name AS name, role,
       COALESCE(CAST(hosting AS VARCHAR), 'hosting not assessed') AS hosting
FROM authentication JOIN address_facts ON ip = src_endpoint_ip LEFT JOIN assets ON key = lower(device_hostname)
WHERE asn = 64500
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of analytics with one that reads facts, its captures and facts beside it."""
    place = tmp_path / "own" / "foreign"
    for name in ("attack", "benign", "facts"):
        (place / name).mkdir(parents=True)
    (place / "analytic.sql").write_text(FOREIGN, "utf-8")
    line = "2026-03-03T00:00:07+00:00 JUMP1 sshd[4000]: Accepted password for ana from {} port 40000 ssh2\n"
    (place / "attack" / "auth.log").write_text(line.format("203.0.113.10"), "utf-8")
    (place / "benign" / "auth.log").write_text(line.format("198.51.100.10"), "utf-8")
    (place / "facts" / "asn.tsv").write_text("203.0.113.0\t203.0.113.255\t64500\tAL\tEXAMPLE-NET\n", "utf-8")
    (place / "facts" / "assets.csv").write_text("key,role,domain,mission\njump1,gateway,cyber,remote work\n", "utf-8")
    return tmp_path / "own"


def test_facts_beside_the_captures_are_there_for_the_analytic_and_its_findings(own: Path) -> None:
    result = try_captures(load_analytics((own,)).analytics["foreign"], (own,), update=True)
    assert result.passed
    (finding,) = found_in(own / "foreign" / "attack", "foreign", (own,))
    assert finding.message == "ana signed in to a gateway from AS64500 (EXAMPLE-NET), hosting not assessed."
    assert (finding.mission, finding.domain) == ("remote work", "cyber")


def test_a_faulty_file_of_facts_beside_the_captures_is_told(own: Path) -> None:
    (own / "foreign" / "facts" / "assets.csv").write_text("key,role,domain\njump1,gateway,moon\n", "utf-8")
    with pytest.raises(UsageError, match=r"assets.csv:2: the domain is 'moon'"):
        found_in(own / "foreign" / "attack", "foreign", (own,))
