"""Files of indicators: CSV, STIX 2.1, MISP, lists, pasted text; what gives none is told with its reason."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.detect.indicators import Entry, Unread
from tocsin.detect.indicators.entry import LASTS, level_of
from tocsin.detect.indicators.given import Given
from tocsin.detect.indicators.reading import read_file
from tocsin.detect.indicators.stix_pattern import NotUnderstood, values_of
from tocsin.errors import LimitExceeded, UsageError
from tocsin.sinks.defang import defang

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"


def read(text: str | bytes, **said: object) -> tuple[str, list[Entry], dict[str, str]]:
    """The form, the entries, and what gives none by its reason."""
    data = text if isinstance(text, bytes) else text.encode()
    content = read_file(data, Given(NOW, **{"file": "feed.txt", **said}))  # type: ignore[arg-type]
    found = list(content.found)
    left = {each.what: each.why for each in found if isinstance(each, Unread)}
    return content.form, [each for each in found if isinstance(each, Entry)], left


def values(entries: list[Entry]) -> list[tuple[str, str]]:
    return [(each.indicator.kind, each.indicator.spellings[0]) for each in entries]


def test_a_csv_is_told_by_its_header_and_says_all_of_each_value() -> None:
    text = (
        "indicator;type;source;valid_until;tlp;confidence;technique;comment\n"
        "203.0.113.7;ip-dst;ESET;2027-01-01;amber;80;T1071.001;C2\n"
        "evil.example;domain;ESET;2026-01-01;;;;\n"
        "0xff;regkey;ESET;;;;;\n"
        ";domain;ESET;;;;;\n"
        "10.0.0.0/8;ip;ESET;;;;;\n"
    )
    form, (one,), left = read(text)
    assert form == "csv" and values([one]) == [("ip", "203.0.113.7")]
    assert (one.source, one.marking, one.confidence, one.attack, one.note) == (
        "ESET",
        "TLP:AMBER",
        80,
        ("T1071.001",),
        "C2",
    )
    assert one.valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert left == {
        "line 3: evil.example": "it has expired",
        "line 4": "the type 'regkey' is nothing that logs are matched with",
        "line 5": "it has no value",
        "line 6: 10.0.0.0/8": "it is a network, not one address",
    }


def test_columns_of_one_kind_need_no_type() -> None:
    _, entries, _ = read(f"sha256,url\n{'A' * 64},hxxp://bad[.]example/x\n{'b' * 64},\n")
    assert values(entries) == [("hash", "a" * 64), ("uri", "bad.example/x"), ("hash", "b" * 64)]


def test_a_misp_csv_keeps_what_is_meant_for_detection() -> None:
    text = (
        "uuid,event_id,category,type,value,comment,to_ids,date\n"
        f"u1,1,Payload,filename|sha256,evil.exe|{'a' * 64},dropper,1,20240101\n"
        "u2,1,Network,domain|ip,evil.example|203.0.113.7,,1,20240101\n"
        "u3,1,External,link,https://blog.example/x,,0,20240101\n"
    )
    form, entries, left = read(text)
    assert form == "csv"
    assert values(entries) == [("hash", "a" * 64), ("domain", "evil.example"), ("ip", "203.0.113.7")]
    assert entries[0].note == "dropper" and entries[0].reference == "u1"
    assert list(left.values()) == ["its source does not mean it for detection (to_ids)"]


def test_a_misp_event_gives_its_organisation_tags_and_attributes_in_objects() -> None:
    event = {
        "Event": {
            "info": "Campaign",
            "Orgc": {"name": "CERT-X"},
            "Tag": [{"name": "tlp:green"}],
            "Attribute": [{"type": "ip-dst", "value": "203.0.113.7", "to_ids": True, "uuid": "u1"}],
            "Object": [
                {
                    "Attribute": [
                        {
                            "type": "sha256",
                            "value": "a" * 64,
                            "to_ids": True,
                            "Tag": [{"name": 'misp-galaxy:mitre-attack-pattern="Web Protocols - T1071.001"'}],
                        },
                        {"type": "comment", "value": "hello", "to_ids": False},
                    ]
                }
            ],
        }
    }
    form, (one, two), left = read(json.dumps(event))
    assert form == "misp" and (one.source, one.marking, one.note) == ("CERT-X", "TLP:GREEN", "Campaign")
    assert two.attack == ("T1071.001",) and len(left) == 1


def stix(**indicator: object) -> str:
    objects = [
        {"type": "identity", "id": "identity--1", "name": "CERT-X"},
        {"type": "attack-pattern", "id": "attack-pattern--1", "external_references": [{"external_id": "T1566.001"}]},
        {
            "type": "relationship",
            "id": "relationship--1",
            "relationship_type": "indicates",
            "source_ref": "indicator--1",
            "target_ref": "attack-pattern--1",
        },
        {
            "type": "indicator",
            "id": "indicator--1",
            "pattern_type": "stix",
            "created_by_ref": "identity--1",
            "object_marking_refs": [RED],
            "name": "Bad",
            "valid_from": "2026-01-01T00:00:00Z",
            "confidence": 20,
            **indicator,
        },
    ]
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects})


def test_a_stix_indicator_keeps_source_marking_techniques_confidence_and_times() -> None:
    form, (one, two), left = read(
        stix(pattern="[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'evil.example']")
    )
    assert form == "stix" and values([one, two]) == [("ip", "203.0.113.7"), ("domain", "evil.example")] and left == {}
    assert (one.source, one.marking, one.attack, one.confidence) == ("CERT-X", "TLP:RED", ("T1566.001",), 20)
    assert one.valid_from == datetime(2026, 1, 1, tzinfo=UTC) and level_of(one.confidence) == "low"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pattern": "[a:b = 'x']", "revoked": True}, "its source revoked it"),
        ({"pattern": "rule x {}", "pattern_type": "yara"}, "its pattern is yara, not STIX"),
        ({"pattern": "[file:name = 'x' AND file:size = 3]"}, "the pattern says AND, not only which value"),
        ({"pattern": "[file:name LIKE 'x%']"}, "the pattern says LIKE, not only which value"),
        (
            {"pattern": "[url:value = 'http://a.example/'] WITHIN 5 SECONDS"},
            "the pattern says WITHIN, not only which value",
        ),
        ({"pattern": "[url:value = "}, "the pattern is not well formed"),
    ],
)
def test_a_stix_indicator_that_says_more_than_a_value_is_told_with_its_id(changed: dict[str, object], why: str) -> None:
    _, entries, left = read(stix(**changed))
    assert entries == [] and left == {"indicator--1": why}


def test_observables_are_read_and_an_indicator_of_the_same_value_comes_after_them() -> None:
    objects = [
        {
            "type": "file",
            "id": "file--1",
            "name": "x.exe",
            "hashes": {"MD5": "d" * 32, "SHA-256": "e" * 64, "SSDEEP": "3:x"},
        },
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "203.0.113.7"},
    ]
    _, entries, _ = read(json.dumps(objects))
    assert values(entries) == [("file", "x.exe"), ("hash", "d" * 32), ("hash", "e" * 64), ("ip", "203.0.113.7")]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_any_text_in_a_stix_pattern_comes_back_as_it_was(texts: list[str]) -> None:
    quoted = ["'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in texts]
    assert values_of(f"[file:name IN ({', '.join(quoted)})]") == [("file", text) for text in texts]


@given(st.text(st.sampled_from("[]()='\\ abORIN:ipv4-addrvalue,"), max_size=60))
def test_no_pattern_ends_in_anything_but_values_or_a_reason(pattern: str) -> None:
    try:
        assert all(isinstance(value, str) for _, value in values_of(pattern))
    except NotUnderstood as reason:
        assert str(reason)


def test_a_list_tells_the_lines_that_are_none() -> None:
    form, entries, left = read("# my list\n203[.]0[.]113[.]7\n\naccount:mallory # a person\nnonsense\n")
    assert form == "list" and values(entries) == [("ip", "203.0.113.7"), ("account", "mallory")]
    assert left == {"line 5: nonsense": "it could be anything"}
    assert entries[0].source == "feed.txt" and entries[0].valid_until == NOW + LASTS["ip"]


REPORT = """\
From: press@cert.example
The actor's server 203[.]0[.]113[.]7, (later hxxps://cdn[.]evil[.]example/a/b.php?x=1), drops evil.dll with
the digest AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA and mails from mallory[@]bad[.]example.
Read https://cert.example/report or ask www.cert.example. IPv6: 2001:db8::7
"""


def test_pasted_text_gives_what_is_defanged_and_says_that_plain_links_are_references() -> None:
    form, entries, left = read(REPORT)
    assert form == "text"
    assert set(values(entries)) == {
        ("ip", "203.0.113.7"),
        ("uri", "cdn.evil.example/a/b.php"),
        ("hash", "a" * 64),
        ("account", "mallory@bad.example"),
        ("ip", "2001:db8::7"),
    }
    assert set(left) == {"press@cert.example", "https://cert.example/report", "www.cert.example"}
    assert all("reference" in why for why in left.values())


def test_text_that_defangs_nothing_gives_its_plain_values() -> None:
    _, entries, _ = read("Please block evil.example and http://bad.example/x today.")
    assert values(entries) == [("domain", "evil.example"), ("uri", "bad.example/x")]


@given(
    st.lists(
        st.sampled_from(["203.0.113.7", "http://bad.example/x", "mallory@bad.example", "2001:db8::7"]),
        min_size=1,
        unique=True,
    )
)
def test_what_people_read_defanged_is_read_back_as_it_was(plain: list[str]) -> None:
    _, entries, left = read(f"These came today: {', '.join(map(defang, plain))} .")
    assert [each.indicator.given for each in entries] == plain and left == {}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_content_gives_entries_or_reasons_and_no_other_error(data: bytes) -> None:
    try:
        _, entries, left = read(data)
    except (UsageError, LimitExceeded) as error:
        assert error.advice()
        return
    assert all(each.valid_until > NOW for each in entries) and all(left.values())


def test_what_is_no_text_too_large_or_unknown_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for data, told in ((b"%PDF-1.7", "a PDF"), (b"PK\x03\x04", "a ZIP"), (b'{"a": 1}', "neither STIX")):
        with pytest.raises(UsageError, match=told):
            read(data)
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        read(b'{"a":' * 100_000)
    monkeypatch.setattr(limits, "INDICATOR_FILE_BYTES", 10)
    with pytest.raises(LimitExceeded, match="larger than"):
        read(b"x" * 11)


@pytest.mark.parametrize(
    "text",
    [
        "203.0.113.1\n203.0.113.2\n203.0.113.3\n",
        "ip\n203.0.113.1\n203.0.113.2\n203.0.113.3\n",
        "see 203.0.113.1 203.0.113.2 203.0.113.3",
    ],
)
def test_more_values_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(limits, "INDICATOR_OBJECTS", 2)
    with pytest.raises(LimitExceeded, match="more than 2"):
        read(text)


def test_utf_16_as_windows_saves_it_is_read() -> None:
    assert values(read("evil.example\n".encode("utf-16"))[1]) == [("domain", "evil.example")]


def test_levels_follow_the_confidence_and_default_times_the_kind() -> None:
    assert [level_of(each) for each in (None, 0, 29, 30, 69, 70, 100)] == [
        "medium",
        "low",
        "low",
        "medium",
        "medium",
        "high",
        "high",
    ]
    assert LASTS["ip"] == timedelta(days=30) and LASTS["domain"] == timedelta(days=180)
