"""A finding says what its host is for."""

from dataclasses import replace
from pathlib import Path

from tocsin.lake.facts import import_facts
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.assets import with_assets

ASSETS = (
    "key,role,domain,mission\nWS01,workstation,land,border control\n192.0.2.9,modem,space,\nfs01.a.example,,,files\n"
)


def finding(host: str) -> Finding:
    return Finding(RuleInfo("r", "A rule", "high"), host, "", 1, None, None, ())


def test_a_finding_inherits_domain_and_mission_of_its_host(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(ASSETS, "utf-8")
    import_facts(tmp_path, [tmp_path / "assets.csv"])
    hosts = ["ws01", "WS01.ministry.example", "192.0.2.9", "fs01.a.example", "FS01", "192.0.2.1", ""]
    found = with_assets(tmp_path, map(finding, hosts))
    assert [each.serves for each in found] == [
        "border control (land)", "border control (land)", "space", "files", "", "", "",
    ]  # fmt: skip
    assert [each.host for each in found] == hosts


def test_without_assets_findings_stay_as_they_are(tmp_path: Path) -> None:
    assert with_assets(tmp_path, [finding("ws01")]) == [finding("ws01")]


def test_a_finding_knows_the_role_of_the_machine_that_acted(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("key,role\n10.0.0.9,scanner\nweb01,web server\n", "utf-8")
    import_facts(tmp_path, [tmp_path / "assets.csv"])

    def seen(host: str, **fields: str) -> Finding:
        return replace(finding(host), evidence=(Evidence("e-1", None, "a", 1, fields),))

    found = [seen("web01", src_endpoint_ip="10.0.0.9"), seen("web01", IpAddress="10.0.0.8"), seen("web01", Image="x")]
    assert [each.role for each in with_assets(tmp_path, found)] == ["scanner", "", "web server"]


def test_a_finding_inherits_criticality_and_owner_of_its_host(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("key,owner,criticality\nWS01,Ministry A,vital\nWS02,,\n", "utf-8")
    import_facts(tmp_path, [tmp_path / "assets.csv"])
    found = with_assets(tmp_path, map(finding, ["ws01.a.example", "WS02", "WS03"]))
    assert [(each.criticality, each.owner) for each in found] == [("vital", "Ministry A"), ("", ""), ("", "")]
