"""Files of outside facts: recognised by content, dated, kept whole, refused with the line that is wrong."""

import gzip
import hashlib
import json
import os
import tempfile
from dataclasses import astuple
from pathlib import Path

import pytest
from fact_files import ASSETS, CLOUD, COUNTRY, HOSTING, IPTOASN, KEV, PFX2AS, PLAIN_COUNTRY, SHARED, lake_with, write
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import FactsError, LakeError, UsageError
from tocsin.lake.facts import KINDS, Facts, import_facts, remove_facts
from tocsin.lake.facts.reading import read_facts

CELLS = st.sampled_from(
    [
        "1.2.3.4",
        "1.2.3.0/24",
        "::1/129",
        "2001:db8::",
        "64500",
        "AS1_2",
        "AL",
        "-",
        "",
        "41.5",
        "é\u2028",
        '"',
        "9" * 5_000,
    ]
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=6)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "lake").mkdir()
    return tmp_path / "lake"


def imported(lake: Path) -> dict[str, str]:
    return {each.name: each.kind for each in Facts(lake).records if not each.shipped}


def test_a_folder_is_read_file_by_file_each_as_what_its_content_says(lake: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "facts")
    (folder / "README.md").write_text("What these files are.\n", "utf-8")
    done = import_facts(lake, [folder])
    assert {each.kind for each in done.records} == KINDS.keys() - {"cloud-names"}
    assert not done.refused
    assert len(done.passed) == 1 and "README.md" in done.passed[0]
    assert imported(lake) == {each.name: each.kind for each in done.records}


def test_a_record_tells_source_date_where_the_date_is_from_rows_and_digest(lake: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "facts")
    os.utime(folder / "providers.csv", (1_769_904_000, 1_769_904_000))  # 2026-02-01
    records = {each.kind: each for each in import_facts(lake, [folder]).records if each.kind != "asn"}
    data = (folder / "places.csv").read_bytes()
    assert astuple(records["country"])[1:7] == (
        "country", "Example Places", "2026-02-01", "content", 2, hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    assert (records["kev"].date, records["kev"].date_from) == ("2026-03-01", "content")
    assert (records["suffixes"].date, records["suffixes"].rows) == ("2026-02-11", 8)
    assert (records["cloud"].date, records["cloud"].source) == (
        "2026-08-11", "MISP warning list: List of known Cloudflare IP ranges",
    )  # fmt: skip
    assert (records["hosting"].date, records["hosting"].date_from) == ("2026-02-01", "file time")
    pfx = next(each for each in Facts(lake).records if each.name == "asn-routeviews-rv2")
    assert (pfx.date, pfx.date_from) == ("2026-03-01", "file name")


def test_next_months_file_takes_the_place_of_this_months(lake: Path, tmp_path: Path) -> None:
    for name in ("routeviews-rv2-20260301-1200.pfx2as", "routeviews-rv2-20260401-1200.pfx2as"):
        (tmp_path / name).write_text(PFX2AS, "utf-8")
        import_facts(lake, [tmp_path / name])
    assert [(each.name, each.date) for each in Facts(lake).records if each.kind == "asn"] == [
        ("asn-routeviews-rv2", "2026-04-01")
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (IPTOASN, "asn"),
        (PFX2AS, "asn"),
        ("3405803776\t3405804031\t64500\tAL\tDECIMAL\n", "asn"),
        ("1.0.0.0,1.0.0.255,13335,\"Cloudflare, Inc.\"\n", "asn"),
        ("network,autonomous_system_number,autonomous_system_organization\n1.0.0.0/24,13335,Cloudflare\n", "asn"),
        (COUNTRY, "country"),
        (PLAIN_COUNTRY, "country"),
        ("1.0.0.0,1.0.0.255,OC,AU,Queensland,Brisbane,-27.4705,153.026\n", "country"),
        (HOSTING, "hosting"),
        ("cidr;provider\n192.0.2.0/24;Example Cloud\n", "cloud"),
        (ASSETS, "assets"),
        (SHARED, "shared-address"),
        (json.dumps(CLOUD), "cloud"),
        (json.dumps(KEV), "kev"),
    ],
)  # fmt: skip
def test_the_kind_is_told_by_the_content(lake: Path, tmp_path: Path, text: str, kind: str) -> None:
    (tmp_path / "anything").write_text(text, "utf-8")
    assert [each.kind for each in import_facts(lake, [tmp_path / "anything"]).records] == [kind]


def test_addresses_that_stand_for_many_are_read_with_whose_they_are(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.csv").write_text(SHARED, "utf-8")
    import_facts(lake, [tmp_path / "shared.csv"])
    assert Facts(lake).shared() == [
        {"address": "10.99.0.0/16", "kind": "vpn-pool", "organisation": None, "network": "office"},
        {"address": "203.0.113.9", "kind": "nat", "organisation": "Ministry", "network": None},
    ]


def test_a_faulty_list_of_shared_addresses_is_refused_with_its_lines(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.csv"
    path.write_text("address,kind\n10.0.0.0/99,nat\n10.0.0.3,router\n10.0.0.4,proxy\n", "utf-8")
    (refused,) = import_facts(lake, [path]).refused
    assert f"{path}:2: '10.0.0.0/99' is neither an address nor a network" in refused
    assert f"{path}:3: the kind is 'router', not one of nat, proxy, vpn-pool" in refused
    path.write_text("address,kind\n", "utf-8")
    assert "there is no row in it" in import_facts(lake, [path]).refused[0]
    path.write_text("address,owner\n10.0.0.3,me\n", "utf-8")
    assert "no file of the kind shared-address" in import_facts(lake, [path], "shared-address").refused[0]


def test_a_list_of_shared_addresses_is_bounded(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SHARED_ADDRESS_ROWS", 1)
    (tmp_path / "shared.csv").write_text(SHARED, "utf-8")
    assert "more than 1 rows" in import_facts(lake, [tmp_path / "shared.csv"]).refused[0]


def test_a_bare_list_of_networks_needs_its_kind(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "datacenters.txt"
    path.write_text("# networks of hosters\n192.0.2.0/24\n198.51.100.7\n", "utf-8")
    with pytest.raises(FactsError, match="its columns do not say what it is"):
        import_facts(lake, [path])
    (record,) = import_facts(lake, [path], "hosting").records
    assert (record.name, record.rows) == ("hosting-datacenters", 2)


def test_a_name_with_a_quotation_mark_or_an_odd_line_end_stays_one_row(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text('203.0.113.0\t203.0.113.9\t1\t"Odd\u2028Net\r\n203.0.114.0\t203.0.114.9\t2\tPlain\r\n', "utf-8")
    (record,) = import_facts(lake, [path]).records
    assert record.rows == 2
    assert Facts(lake).tables("asn")[0].column("as_name").to_pylist() == ['"Odd\u2028Net', "Plain"]


def test_a_warning_list_of_something_else_is_passed_over(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({**CLOUD, "name": "List of known bank domains"}), "utf-8")
    with pytest.raises(FactsError, match="“List of known bank domains” is not known as a cloud's"):
        import_facts(lake, [path])


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (IPTOASN + "203.0.113.300\t203.0.114.1\t1\tAL\tX\n", 4, "'203.0.113.300' is no address"),
        (IPTOASN + "203.0.115.9\t203.0.115.1\t1\tAL\tX\n", 4, "the range ends before it begins"),
        (IPTOASN + "203.0.115.1\t203.0.115.9\tnumber\tAL\tX\n", 4, "'number' is no AS number"),
        (IPTOASN + "203.0.115.1\n", 4, "1 columns, where"),
        ("# a comment\n" + PLAIN_COUNTRY + "192.0.2.0,192.0.2.9,ALB\n", 4, "'ALB' is no country code"),
        (COUNTRY + "192.0.2.0/24,AL,91.0,0\n", 5, "'91.0' is no latitude in degrees"),
        (COUNTRY + "192.0.2.0/33,AL,1.0,0\n", 5, "'33' is no prefix length of 192.0.2.0"),
        (ASSETS + "HOST,server,moon,,,,\n", 4, "the domain is 'moon', not one of land, sea, air, space, cyber"),
        (ASSETS + "HOST,server,land,,,24:00,01:00\n", 4, "maintenance_from is '24:00', not a time"),
        (ASSETS + "HOST,server,land,,,23:00,\n", 4, "a maintenance window needs both its times"),
        (ASSETS + "plc-07,server,land,,,,\n", 4, "'plc-07' stands here twice"),
        (json.dumps({**CLOUD, "list": ["192.0.2.0/24", "all"]}, indent=1), 7, "'all' is no address"),
        (json.dumps({**KEV, "vulnerabilities": [{"cveID": "none"}]}), 1, "no vulnerability with a cveID"),
        ('{"name": "x", "list": [', 1, "this is no JSON"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(lake: Path, tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, "utf-8")
    done = import_facts(lake, [path])
    assert not done.records and len(done.refused) == 1
    assert done.refused[0].startswith(f"{path}:{line}: {reason}")
    assert not imported(lake) and not list((lake / "facts").iterdir())


def test_a_faulty_file_does_not_keep_the_others_out(lake: Path, tmp_path: Path) -> None:
    folder = write(tmp_path / "facts")
    (folder / "places.csv").write_text(COUNTRY + "nonsense,AL,,\n", "utf-8")
    done = import_facts(lake, [folder])
    assert len(done.refused) == 1 and "country" not in imported(lake).values()
    assert "kev" in imported(lake)


def test_only_so_many_faults_are_told(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(PLAIN_COUNTRY * 50 + "nonsense,1.2.3.4,AL\n" * 1_000, "utf-8")
    (told,) = import_facts(lake, [path]).refused
    assert told.count("nonsense") == limits.FACTS_FAULTS


def test_bounds_on_a_file_hold(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    path.write_text(PLAIN_COUNTRY, "utf-8")
    monkeypatch.setattr(limits, "FACTS_ROWS", 1)
    assert "more than 1 rows" in import_facts(lake, [path]).refused[0]
    monkeypatch.setattr(limits, "FACTS_FILE_BYTES", 40)
    assert "larger than 40 bytes" in import_facts(lake, [path]).refused[0]
    path.write_bytes(gzip.compress(bytes(range(40)))[:39])
    assert "the gzip file is damaged" in import_facts(lake, [path]).refused[0]
    path.write_bytes(gzip.compress(b"#" * 41))
    assert "unpacked larger than 40 bytes" in import_facts(lake, [path]).refused[0]


@given(st.one_of(st.binary(), ROWS.map(lambda rows: "\n".join(map("\t".join, rows)).encode())))
@example(b'{"list": [], "name": ""}')
@example(b'{"list": [[]], "name": "List of known Cloudflare IP ranges"}')
@example(b'{"vulnerabilities": [7], "catalogVersion": 1}')
@example(b'{"number": ' + b"9" * 5_000 + b"}")
@example(b"[" * 100_000)
def test_any_content_is_facts_or_is_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "anything"
        path.write_bytes(content)
        for kind in ("", *KINDS):
            try:
                found = read_facts(path, kind)
            except FactsError as error:
                assert str(path) in str(error) and error.advice()
            else:
                assert found.record.rows > 0


def test_a_day_that_the_calendar_lacks_is_no_date(lake: Path, tmp_path: Path) -> None:
    path = tmp_path / "ip2asn-20260231.tsv"
    path.write_text("# date: 2026-13-01\n" + IPTOASN, "utf-8")
    (record,) = import_facts(lake, [path]).records
    assert record.date_from == "file time"


def test_an_absent_path_and_a_folder_without_a_file_are_told(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        import_facts(lake, [tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FactsError, match="there is no file in"):
        import_facts(lake, [tmp_path / "empty"])


def test_imported_facts_can_be_removed_and_shipped_ones_come_back(lake: Path, tmp_path: Path) -> None:
    shipped = {each.name: each for each in Facts(lake).records}
    import_facts(lake, [write(tmp_path / "facts")])
    assert next(each for each in Facts(lake).records if each.kind == "kev").date == "2026-03-01"
    assert remove_facts(lake, "kev").rows == 1
    assert next(each for each in Facts(lake).records if each.kind == "kev") == shipped["kev"]
    with pytest.raises(UsageError, match="came with Tocsin"):
        remove_facts(lake, "kev")
    with pytest.raises(UsageError, match="there are no facts 'weather'"):
        remove_facts(lake, "weather")


def test_what_ships_with_tocsin_is_dated_and_is_neither_networks_nor_countries(lake: Path) -> None:
    shipped = [each for each in Facts(lake).records if each.shipped]
    assert {each.kind for each in shipped} == {"cloud", "cloud-names", "kev"}
    assert all(each.source and each.date_from == "content" and each.rows for each in shipped)


def test_a_damaged_file_in_the_lake_is_told(lake: Path, tmp_path: Path) -> None:
    lake_with(tmp_path, places__csv=PLAIN_COUNTRY)
    path = lake / "facts" / "country-places.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(LakeError, match=r"country-places.parquet is damaged"):
        _ = Facts(lake).records
