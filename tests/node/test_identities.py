"""A whole scan knows who was who: by leases, logons, VPN sessions, proxies and translators."""

from pathlib import Path

import scans
from identity_logs import MAC, OTHER_MAC, alert, fortigate, leases, logon, process, squid, written

from tocsin.lake.catalog import Origin
from tocsin.lake.facts import import_facts
from tocsin.model import Incident
from tocsin.node.pipeline import ScanResult

QUICK = frozenset({"archive-then-upload"})  # one analytic instead of all: nothing here is about them


def run(tmp: Path, *paths: Path, origin: Origin | None = None) -> ScanResult:
    return scans.run(tmp, *paths, analytic_ids=QUICK, origin=origin or Origin())


def incidents(result: ScanResult) -> list[Incident]:
    return [incident for incident in result.report.incidents if incident.queued]


def sentences(result: ScanResult) -> list[str]:
    return sorted({each for incident in result.report.incidents for each in incident.why if "10.0.0." in each})


def folder(tmp: Path) -> Path:
    (tmp / "logs").mkdir()
    return tmp / "logs"


def test_address_short_name_full_name_and_dhcp_name_of_one_host_are_one(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(logs / "DhcpSrvLog.log", ("08:00", 10, "10.0.0.5", "ws-014.min.example", MAC))
    written(logs / "eve.json", [alert("09:12", "10.0.0.5")])
    written(logs / "sysmon.json", [process("09:14", "WS-014"), process("09:15", "ws-014.min.example", image="net")])
    (incident,) = incidents(run(tmp_path, logs))
    assert incident.hosts == ("ws-014.min.example",)
    assert "10.0.0.5 was ws-014.min.example (DHCP, 2026-01-02 08:00 to 2026-01-10 08:00 UTC)." in incident.why
    assert {finding.table for finding in incident.findings} == {"eve_alert", "windows"}


def test_a_re_leased_address_is_two_machines(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:13", 12, "10.0.0.5", "WS-014", MAC),
        ("09:14", 10, "10.0.0.5", "WS-020", OTHER_MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:12", "10.0.0.5", 1), alert("09:15", "10.0.0.5", 2)])
    found = incidents(run(tmp_path, logs))
    assert sorted(incident.hosts for incident in found) == [("WS-014",), ("WS-020",)]


def test_one_finding_over_two_leases_is_neither_and_says_so(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:14", 10, "10.0.0.5", "WS-020", OTHER_MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:12", "10.0.0.5"), alert("09:15", "10.0.0.5")])
    written(logs / "sysmon.json", [process("09:13", "WS-014"), process("09:15", "WS-020", "MIN\\ben")])
    result = run(tmp_path, logs)
    assert sorted(incident.hosts for incident in incidents(result)) == [("10.0.0.5",), ("WS-014",), ("WS-020",)]
    assert sentences(result) == ["10.0.0.5 changed hands while this went on (WS-014 and WS-020): it joins nothing."]


def test_a_finding_that_goes_on_after_the_lease_is_not_that_machines(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:14", 12, "10.0.0.5", "WS-014", MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:12", "10.0.0.5"), alert("09:20", "10.0.0.5")])
    result = run(tmp_path, logs)
    assert [each.hosts for each in incidents(result)] == [("10.0.0.5",)]
    assert sentences(result) == [
        "10.0.0.5 was WS-014 for a part of that time; who it was for the rest is not known.",
    ]  # fmt: skip


def test_an_address_outside_every_lease_says_so(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:00", 12, "10.0.0.5", "WS-014", MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:30", "10.0.0.5"), alert("09:31", "10.0.0.9", 2)])
    written(logs / "sysmon.json", [process("09:30", "WS-014")])
    result = run(tmp_path, logs)
    assert sentences(result) == [
        "10.0.0.5 could not be resolved: no lease, logon or session names it at that time.",
        "10.0.0.9 could not be resolved: no log here says who it was.",
    ]
    assert sorted(incident.hosts for incident in incidents(result)) == [("10.0.0.5",), ("10.0.0.9",), ("WS-014",)]


def test_the_same_address_of_two_organisations_is_never_one(tmp_path: Path) -> None:
    """The second ministry has no leases: those of the first say nothing about it."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir(), other.mkdir()
    leases(one / "DhcpSrvLog.log", ("08:00", 10, "10.0.0.5", "WS-014", MAC))
    written(one / "eve.json", [alert("09:12", "10.0.0.5", 1)])
    written(other / "eve.json", [alert("09:13", "10.0.0.5", 2)])
    run(tmp_path, one, origin=Origin(organisation="Ministry A"))
    run(tmp_path, other, origin=Origin(organisation="Ministry B"))
    found = incidents(run(tmp_path, one, other))
    assert sorted((each.findings[0].organisation, each.hosts) for each in found) == [
        ("Ministry A", ("WS-014",)), ("Ministry B", ("10.0.0.5",)),
    ]  # fmt: skip


def test_the_same_address_of_two_networks_is_never_one(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for number, place in enumerate((one, other)):
        place.mkdir()
        leases(place / "DhcpSrvLog.log", ("08:00", 10, "10.0.0.5", f"WS-{number}", MAC))
        written(place / "eve.json", [alert("09:12", "10.0.0.5", number)])
        run(tmp_path, place, origin=Origin(organisation="Ministry", network=f"site {number}"))
    assert sorted(each.hosts for each in incidents(run(tmp_path, one, other))) == [("WS-0",), ("WS-1",)]


def test_without_dhcp_the_machines_own_logon_names_its_address(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    written(logs / "security.json", [logon("09:00", "WS-014$", "::ffff:10.0.0.5", TargetUserSid="S-1-5-21-1-2-3-900")])
    written(logs / "eve.json", [alert("09:12", "10.0.0.5")])
    written(logs / "sysmon.json", [process("09:14", "WS-014")])
    (incident,) = incidents(run(tmp_path, logs))
    assert incident.hosts == ("WS-014",)
    assert any(each.startswith("10.0.0.5 was WS-014 (the machine's own logon") for each in incident.why)


def test_two_machines_at_one_address_at_one_time_are_told_and_join_nothing(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    names = ("WS-014$", "WS-020$", "WS-014$", "WS-020$")
    written(logs / "security.json", [logon(f"09:{10 + n}", name, "10.0.0.5") for n, name in enumerate(names)])
    written(logs / "eve.json", [alert("09:12", "10.0.0.5", 1), alert("09:12", "10.0.0.5", 2)])
    result = run(tmp_path, logs)
    assert len(incidents(result)) == 2
    (sentence,) = sentences(result)
    assert "at that time it was WS-014 and WS-020" in sentence and "joins nothing" in sentence


def test_a_vpn_session_names_the_pool_address_until_it_ends(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    common = {"type": "event", "subtype": "vpn", "remip": "198.51.100.77", "user": "MIN\\ana", "tunnelid": "7"}
    up = fortigate("09:00", action="tunnel-up", tunnelip="10.0.0.200", **common)
    down = fortigate("10:00", action="tunnel-down", **common)
    (logs / "fw.log").write_text(up + down, "utf-8")
    written(logs / "eve.json", [alert("09:12", "10.0.0.200", 1), alert("10:30", "10.0.0.200", 2)])
    result = run(tmp_path, logs)
    hosts = sorted(incident.hosts for incident in incidents(result))
    assert hosts == [("10.0.0.200",), ("VPN of MIN\\ana",)]
    named = next(each for each in incidents(result) if each.hosts != ("10.0.0.200",))
    assert named.users == ("MIN\\ana",)
    assert "10.0.0.200 was VPN of MIN\\ana (VPN session, 2026-01-02 09:00 to 10:00 UTC)." in named.why


def shared(tmp: Path, rows: str) -> None:
    (tmp / "shared.csv").write_text("address,kind,organisation,network\n" + rows, "utf-8")
    (tmp / "lake").mkdir(exist_ok=True)
    import_facts(tmp / "lake", [tmp / "shared.csv"])


def test_a_proxy_is_resolved_by_its_own_log_and_else_joins_nothing(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(logs / "DhcpSrvLog.log", ("08:00", 10, "10.0.0.5", "WS-014", MAC))
    (logs / "access.log").write_text(
        squid("09:12", "10.0.0.5", "www.evil-1.example") + squid("09:12", "10.0.0.6", "news.example"), "utf-8"
    )
    written(
        logs / "eve.json", [alert("09:12", "10.0.0.3", 1), alert("11:00", "10.0.0.3", 2), alert("11:00", "10.0.0.3", 3)]
    )
    run(tmp_path, logs)
    shared(tmp_path, "10.0.0.3,proxy,,\n")
    result = run(tmp_path, logs)
    assert sorted(each.hosts for each in incidents(result)) == [("10.0.0.3",), ("10.0.0.3",), ("WS-014",)]
    assert sentences(result) == [
        "10.0.0.3 stands for many machines, and no log tells for which it stood: it joins nothing.",
        "10.0.0.3 stood for 10.0.0.5 (log of the proxy or translator); "
        "that was WS-014 (DHCP, 2026-01-02 08:00 to 2026-01-10 08:00 UTC).",
    ]


def test_a_translator_is_resolved_by_its_log(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    session = {
        "type": "traffic",
        "dstip": "198.51.100.1",
        "trandisp": "snat",
        "transip": "203.0.113.9",
        "action": "close",
    }
    (logs / "fw.log").write_text(
        fortigate("09:12", srcip="10.0.0.5", **session) + fortigate("09:40", srcip="10.0.0.6", **session), "utf-8"
    )
    written(logs / "eve.json", [alert("09:12", "203.0.113.9", 1)])
    result = run(tmp_path, logs)
    assert [each.hosts for each in incidents(result)] == [("10.0.0.5",)]
    assert sentences(result) == ["203.0.113.9 stood for 10.0.0.5 (log of the proxy or translator)."]


def test_a_forwarded_header_of_an_unlisted_address_names_nobody(tmp_path: Path) -> None:
    """Whoever attacks from outside can write any inside address into it."""
    logs = folder(tmp_path)
    request = alert("09:12", "203.0.113.66") | {"event_type": "http", "http": {"hostname": "www", "xff": "10.0.0.5"}}
    written(logs / "eve.json", [request, alert("09:12", "203.0.113.66")])
    assert not sentences(run(tmp_path, logs))
    shared(tmp_path, "203.0.113.66,proxy,,\n")
    assert sentences(run(tmp_path, logs)) == ["203.0.113.66 stood for 10.0.0.5 (log of the proxy or translator)."]


def test_a_renamed_account_is_one_and_a_bare_sid_has_a_name(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    written(logs / "security.json", [logon("08:00", "ana"), logon("09:10", "ana.smith")])
    starts = [
        process("09:11", "WS-014", "MIN\\ana"), process("09:12", "WS-014", "MIN\\ana.smith", "net"),
        process("09:13", "WS-014", "S-1-5-21-1-2-3-1105"),
    ]  # fmt: skip
    written(logs / "sysmon.json", starts)
    (incident,) = incidents(run(tmp_path, logs))
    assert incident.users == ("MIN\\ana.smith",)
    assert "MIN\\ana is MIN\\ana.smith (identifier of the account)." in incident.why
    assert "S-1-5-21-1-2-3-1105 is MIN\\ana.smith (identifier of the account)." in incident.why


def test_a_fixed_address_is_one_machine_whose_name_at_any_time_is_its_name(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:14", 12, "10.0.0.5", "WS-014", MAC),
    )  # fmt: skip
    seen = [
        alert("09:12", "10.0.0.5"),
        alert("09:20", "10.0.0.5"),
        alert("09:12", "10.0.0.9", 2),
        alert("9:12", "::1", 3),
    ]
    written(logs / "eve.json", seen)
    (tmp_path / "assets.csv").write_text("key,mission\n10.0.0.5,border\n10.0.0.9,border\n", "utf-8")
    (tmp_path / "lake").mkdir()
    import_facts(tmp_path / "lake", [tmp_path / "assets.csv"])
    result = run(tmp_path, logs)
    assert sorted(each.hosts for each in incidents(result)) == [("10.0.0.9",), ("::1",), ("WS-014",)]
    assert not any("could not be resolved" in each for incident in incidents(result) for each in incident.why)


def test_an_asset_is_found_by_who_the_address_was(tmp_path: Path) -> None:
    logs = folder(tmp_path)
    leases(logs / "DhcpSrvLog.log", ("08:00", 10, "10.0.0.5", "WS-014", MAC))
    written(logs / "eve.json", [alert("09:12", "10.0.0.5")])
    run(tmp_path, logs)
    (tmp_path / "assets.csv").write_text("key,mission\nws-014,border control\n", "utf-8")
    import_facts(tmp_path / "lake", [tmp_path / "assets.csv"])
    (finding,) = run(tmp_path, logs).report.findings
    assert (finding.host, finding.mission) == ("WS-014", "border control")
