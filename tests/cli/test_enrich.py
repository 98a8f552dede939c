"""`tocsin enrich` as a person meets it."""

import json
from pathlib import Path

from command import tocsin

ASN = "# source: IPtoASN\n203.0.113.0\t203.0.113.255\t64500\tAL\tEXAMPLE-NET\n"
ASSETS = "key,role,domain,mission\nWS01,workstation,cyber,border control\n"


def test_facts_are_imported_listed_and_removed(tmp_path: Path) -> None:
    folder, lake = tmp_path / "facts", tmp_path / "lake"
    folder.mkdir()
    (folder / "ip2asn-2026-03-01.tsv").write_text(ASN, "utf-8")
    (folder / "assets.csv").write_text(ASSETS, "utf-8")
    (folder / "notes.md").write_text("Not facts.\n", "utf-8")
    done = tocsin("enrich", "import", folder, "--lake", lake)
    assert done.returncode == 0, done.stderr
    assert "asn-ip2asn: 1 rows, IPtoASN, 2026-03-01 (file name)" in done.stdout
    assert "passed over" in done.stderr and "notes.md" in done.stderr
    listed = json.loads(tocsin("enrich", "list", "--lake", lake, "--json").stdout)
    found = {each["name"]: each for each in listed["facts"]}
    assert found["asn-ip2asn"]["source"] == "IPtoASN" and not found["asn-ip2asn"]["shipped"]
    assert found["kev"]["shipped"]
    assert listed["missing"] == ["country", "hosting", "suffixes", "shared-address"]
    removed = tocsin("enrich", "remove", "asn-ip2asn", "--lake", lake)
    assert removed.returncode == 0 and "removed asn-ip2asn" in removed.stdout
    table = tocsin("enrich", "list", "--lake", lake).stdout
    assert "not there: asn" in table and "assets-assets" in table


def test_a_faulty_file_exits_3_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    good, wrong = tmp_path / "assets.csv", tmp_path / "asn.tsv"
    good.write_text(ASSETS, "utf-8")
    wrong.write_text(ASN + "203.0.114.999\t203.0.114.255\t64500\tAL\tX\n", "utf-8")
    done = tocsin("enrich", "import", good, wrong, "--lake", tmp_path / "lake")
    assert done.returncode == 3
    assert f"{wrong}:3: '203.0.114.999' is no address" in done.stderr and "Correct these lines" in done.stderr
    assert "assets-assets: 1 rows" in done.stdout


def test_wrong_calls_exit_2_with_advice(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert tocsin("enrich", "import", tmp_path / "absent", "--lake", lake).returncode == 2
    weather = tocsin("enrich", "import", tmp_path, "--kind", "weather", "--lake", lake)
    assert weather.returncode == 2 and "It is one of asn, country" in weather.stderr
    unknown = tocsin("enrich", "remove", "weather", "--lake", lake)
    assert unknown.returncode == 2 and "`tocsin enrich list` names them" in unknown.stderr
