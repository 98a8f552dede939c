"""An import of indicators into a lake: what is refused, what is found in the past, what a scan tells from then on."""

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from scans import event, run, write_events

from tocsin import clock
from tocsin.detect.indicators import open_collection
from tocsin.errors import LimitExceeded, NotFound, UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.expire import expire
from tocsin.lake.facts import import_facts
from tocsin.lake.rollups import update_rollups
from tocsin.lake.value import Value
from tocsin.model import Finding
from tocsin.node.indicator_asked import Import, Wanted
from tocsin.node.indicator_import import Imported, import_indicators
from tocsin.node.indicator_list import erased, holding, listed, removed
from tocsin.node.indicator_past import told_by_scan, waiting

FAR = "203.0.113.7"


def connection(number: int, far: str, computer: str = "WS01") -> dict[str, object]:
    """A Sysmon event of a network connection."""
    return {**event(number), "EventID": 3, "Computer": computer, "SourceIp": "10.0.0.5", "DestinationIp": far}


def take(tmp_path: Path, text: str, **said: object) -> Imported:
    """Import a text into `tmp_path`/lake."""
    with closing(Catalog(tmp_path / "lake", create=True)) as catalog:
        asked = Import(**{"file": "feed.txt", "source": "ESET", **said})  # type: ignore[arg-type]
        return import_indicators(catalog, text.encode(), asked, "account:anna", clock.now())


def left_out(done: Imported) -> dict[str, str]:
    return {value: left.why for left in done.left for value in left.examples}


def found(tmp_path: Path, *paths: Path, **options: object) -> dict[str, Finding]:
    """The findings of a scan that indicators made, by rule."""
    incidents = run(tmp_path, *paths, only="rules", **options).report.incidents
    every = [finding for each in incidents for finding in each.findings]
    return {each.rule.id: each for each in every if each.rule.id.startswith("indicator")}


def test_a_scan_tells_an_event_that_has_an_indicator_like_a_rules_hit(tmp_path: Path) -> None:
    take(tmp_path, f"{FAR}\n", confidence=90, marking="TLP:AMBER")
    log = write_events(tmp_path / "a.ndjson", [event(1), connection(2, FAR), connection(3, "198.51.100.9")])
    (finding,) = found(tmp_path, log).values()
    assert (finding.rule.id, finding.host, finding.count) == ("indicator:ip:high:ESET:TLP:AMBER", "WS01", 1)
    assert finding.message == f"{FAR}: ESET warned about it" and finding.keys == (f"ip:{FAR}",)
    fields = finding.evidence[0].fields
    assert fields["indicator"] == f"ip:{FAR}" and fields["marking"] == "TLP:AMBER" and fields["DestinationIp"] == FAR
    assert found(tmp_path, log).keys() == {finding.rule.id}  # from what is stored
    assert found(tmp_path, rescan=True).keys() == {finding.rule.id}  # and evaluated anew


def test_what_the_lake_has_already_is_found_at_the_import_and_told_by_every_scan(tmp_path: Path) -> None:
    events = [connection(number, FAR) for number in (1, 2, 3)] + [connection(4, FAR, "WS02")]
    log = write_events(tmp_path / "a.ndjson", events)
    other = write_events(tmp_path / "b.ndjson", [event(9)])
    assert found(tmp_path, log, other) == {}
    done = take(tmp_path, f"{FAR}\nnever.example\n")
    assert (done.taken, done.new, done.seen) == (2, 2, 1)
    (finding,) = found(tmp_path, log).values()
    assert finding.rule.id == "indicator-past:ip:medium:ESET" and finding.host == "10.0.0.5" and finding.count == 4
    assert "it was seen 4 times on 2026-01-02" in finding.message and len(finding.event_ids) == 4
    assert finding.evidence[0].fields["warned by"] == "ESET"
    assert found(tmp_path, other) == {}  # no event of it
    assert len(list(told_by_scan(tmp_path / "lake", None))) == 1


def test_what_an_indicator_is_marked_with_binds_what_is_found_by_it(tmp_path: Path) -> None:
    log = write_events(tmp_path / "a.ndjson", [connection(1, FAR)])
    assert found(tmp_path, log) == {}
    take(tmp_path, f"{FAR}\n", marking="TLP:RED")
    take(tmp_path, f"{FAR}\n198.51.100.9\n", source="CERT", marking="TLP:GREEN")
    later = write_events(tmp_path / "b.ndjson", [connection(2, "198.51.100.9")])
    told = {rule: each.rule.marking for rule, each in found(tmp_path, log, later).items()}
    assert told == {
        "indicator-past:ip:medium:ESET:TLP:RED": "TLP:RED",
        "indicator-past:ip:medium:CERT:TLP:GREEN": "TLP:GREEN",
        "indicator:ip:medium:CERT:TLP:GREEN": "TLP:GREEN",
    }


def test_the_past_is_found_where_only_the_rollups_remember(tmp_path: Path) -> None:
    log = write_events(tmp_path / "a.ndjson", [connection(1, FAR)])
    run(tmp_path, log, only="rules")
    with closing(Catalog(tmp_path / "lake")) as catalog, catalog.writing():
        expire(catalog, date(2026, 6, 1))
        assert not catalog.files()
    done = take(tmp_path, f"{FAR}\n")
    (told,) = done.past
    assert told["host"] == "10.0.0.5" and "pair_days" in str(told["message"]) and told["event_ids"] == []


def test_a_registered_domain_in_a_rollup_is_no_sighting_of_a_name_below_it(tmp_path: Path) -> None:
    asked = {**event(1), "EventID": 22, "QueryName": "www.evil.example"}
    run(tmp_path, write_events(tmp_path / "a.ndjson", [asked]), only="rules")
    with closing(Catalog(tmp_path / "lake")) as catalog, catalog.writing():
        update_rollups(catalog, date(2026, 6, 1))
    assert take(tmp_path, "c2.evil.example\n").seen == 0
    assert take(tmp_path, "evil.example\n").seen == 1


def test_only_what_is_new_is_looked_for(tmp_path: Path) -> None:
    run(tmp_path, write_events(tmp_path / "a.ndjson", [connection(1, FAR)]), only="rules")
    assert take(tmp_path, f"{FAR}\n").seen == 1
    again = take(tmp_path, f"{FAR}\n")
    assert (again.taken, again.new, again.seen) == (1, 0, 0) and len(waiting(tmp_path / "lake")) == 1
    assert take(tmp_path, f"{FAR}\n", source="CERT-X").seen == 1  # another source warns too


REFUSED = {
    "10.0.0.9": "the address is private or reserved",
    "224.0.0.1": "the address is private or reserved",
    "http://192.168.1.1/x": "the address is private or reserved",
    "198.51.100.20": "it is your own",
    "192.0.2.200": "it is your own",
    "mail.ministry.example": "it is your own",
    "anna@ministry.example": "it is your own",
    "co.uk": "it is a public suffix",
    "d41d8cd98f00b204e9800998ecf8427e": "it is the digest of an empty file",
}
COMMON = {
    "104.16.0.1": "an address of a cloud",
    "9.9.9.9": "a name server that everybody may ask",
    "www.google.com": "everybody calls this name",
    "svchost.exe": "every system has one of this name",
    "account:root": "every system has one of this name",
}
GOOD = ("203.0.113.7", "evil.example", "http://www.google.com/evil", "ministry.evil.example", "evil.exe")


@pytest.fixture
def with_facts(tmp_path: Path) -> Path:
    assets = tmp_path / "assets.csv"
    assets.write_text("key,role\nministry.example,\n198.51.100.20,\n192.0.2.0/24,\n")
    suffixes = tmp_path / "public_suffix_list.dat"
    suffixes.write_text("// ===BEGIN ICANN DOMAINS===\nuk\nco.uk\nexample\ncom\n// ===END ICANN DOMAINS===\n")
    with closing(Catalog(tmp_path / "lake", create=True)) as catalog, catalog.writing():
        import_facts(catalog.lake, [assets, suffixes])
    return tmp_path


def test_what_is_never_an_indicator_is_refused_with_its_reason_and_counted(with_facts: Path) -> None:
    done = take(with_facts, "\n".join([*REFUSED, *COMMON, *GOOD]))
    told = left_out(done)
    assert {value: told[value] for value in REFUSED} == REFUSED
    for value, why in COMMON.items():
        assert why in told[value.removeprefix("account:")]
    assert done.taken == len(GOOD) and sum(each.count for each in done.left) == len(REFUSED) + len(COMMON)


def test_what_is_common_is_taken_where_it_is_asked_for_and_what_is_never_one_is_not(with_facts: Path) -> None:
    done = take(with_facts, "\n".join([*REFUSED, *COMMON]), even_common=True)
    assert done.taken == len(COMMON) and set(left_out(done)) == set(REFUSED)


def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    dry = take(tmp_path, f"{FAR}\n10.0.0.1\n{FAR}\n", dry_run=True)
    assert not (tmp_path / "lake" / "indicators").exists()
    done = take(tmp_path, f"{FAR}\n10.0.0.1\n{FAR}\n")
    assert (dry.taken, dry.new, dry.left) == (done.taken, done.new, done.left) and dry.kept == 0
    assert left_out(done)[FAR] == "it stands in the file more than once"


def test_replace_lets_go_of_what_the_source_gave_before(tmp_path: Path) -> None:
    take(tmp_path, f"{FAR}\n198.51.100.1\n")
    take(tmp_path, "198.51.100.2\n", source="CERT-X")
    take(tmp_path, f"{FAR}\n", replace=True)
    rows = listed(tmp_path / "lake", Wanted(), clock.now()).rows
    assert {(row.source, row.value) for row in rows} == {("ESET", FAR), ("CERT-X", "198.51.100.2")}


def test_a_file_without_an_indicator_changes_nothing(tmp_path: Path) -> None:
    done = take(tmp_path, "10.0.0.1\n")
    assert (done.taken, done.kept, done.seen) == (0, 0, 0) and open_collection(tmp_path / "lake").count == 0


def test_too_many_in_one_file_are_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.limits.INDICATORS_IMPORTED", 1)
    with pytest.raises(LimitExceeded, match="more than 1 indicators"):
        take(tmp_path, f"{FAR}\n198.51.100.1\n")
    assert open_collection(tmp_path / "lake").count == 0


def test_lists_narrow_by_kind_source_value_and_age_and_count_each_source(tmp_path: Path) -> None:
    take(tmp_path, f"{FAR}\nevil.example\n")
    take(tmp_path, f"{FAR}\n", source="CERT-X")
    lake, now = tmp_path / "lake", clock.now()

    def values(**wanted: object) -> list[tuple[str, str]]:
        return [(row.source, row.value) for row in listed(lake, Wanted(**wanted), now).rows]  # type: ignore[arg-type]

    assert len(values()) == 3 and values(kind="domain") == [("ESET", "evil.example")]
    assert values(source="CERT-X") == [("CERT-X", FAR)] and values(expired=True) == []
    assert sorted(values(value="203[.]0[.]113[.]7")) == [("CERT-X", FAR), ("ESET", FAR)]
    assert len(values(most=1)) == 1 and values(most=2, skip=2) == values()[2:]
    far = listed(lake, Wanted(expired=True), now.replace(year=now.year + 1))
    assert len(far.rows) == 3 and {(each.source, each.count, each.expired) for each in far.sources} == {
        ("ESET", 2, 2), ("CERT-X", 1, 1)
    }  # fmt: skip
    with pytest.raises(UsageError, match="no kind"):
        values(kind="planet")


def test_a_source_or_a_value_is_removed_and_nothing_else(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    take(tmp_path, f"{FAR}\nhttp://evil.example/x\n2001:db8::7\n")
    take(tmp_path, f"{FAR}\n198.51.100.1\n", source="CERT-X")
    assert removed(lake, "hxxp://evil[.]example/x") == 1 and "host" not in open_collection(lake).kinds
    assert removed(lake, FAR) == 2 and removed(lake, "ESET") == 1
    assert [row.value for row in listed(lake, Wanted(), clock.now()).rows] == ["198.51.100.1"]
    with pytest.raises(NotFound, match="no source and no indicator"):
        removed(lake, "ESET")


def test_a_persons_value_among_indicators_is_found_and_erased(tmp_path: Path) -> None:
    lake, value = tmp_path / "lake", Value("anna.k@example.org")
    take(tmp_path, f"anna.k@example.org\n{FAR}\njoanna.k@example.org\n")
    assert holding(lake, value) == 1 and erased(lake, value) == 1 and holding(lake, value) == erased(lake, value) == 0
    assert {row.value for row in listed(lake, Wanted(), clock.now()).rows} == {FAR, "joanna.k@example.org"}
