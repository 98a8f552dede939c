"""What a test of a rule means, by the Sigma 2 specification; every case runs through engine and explanation."""

from base64 import b64encode
from pathlib import Path

import pytest
from sigma_support import ID, hits, load, matches, rule

WIDE = "evil".encode("utf-16-le")

CASES = [
    # equality and case
    ({"A": "foo"}, {"A": "FOO"}, True),
    ({"A": "foo"}, {"A": "foobar"}, False),
    ({"A|cased": "foo"}, {"A": "FOO"}, False),
    ({"A|cased": "Foo"}, {"A": "Foo"}, True),
    ({"a": "foo"}, {"A": "foo"}, True),
    ({"ProcessName": "x.exe"}, {"Process Name": "X.EXE"}, True),
    ({"A": "straße"}, {"A": "STRAßE"}, True),
    ({"A|contains": "ОДЕССА"}, {"A": "город Одесса"}, True),
    ({"A|startswith": "ΟΔΟΣ"}, {"A": "οδοσα"}, True),
    ({"A": "ΟΔΟΣ"}, {"A": "οδος"}, True),
    ({"A|contains": "kelvin"}, {"A": "x \u212aelvin y"}, True),
    ({"A": "i"}, {"A": "İ"}, False),
    ({"A": "x?y"}, {"A": "xİy"}, True),
    ({"A|contains": "lösen"}, {"A": "LÖSEN"}, True),
    ({"A": 18446744073709551615}, {"A": 18446744073709551615}, True),
    # wildcards and escapes
    ({"A": "fo*r"}, {"A": "foo\nbar"}, True),
    ({"A": "fo?"}, {"A": "foo"}, True),
    ({"A": "fo?"}, {"A": "fo"}, False),
    ({"A": "a*b?c*d"}, {"A": "a__bXc..d"}, True),
    ({"A": r"fo\*"}, {"A": "fo*"}, True),
    ({"A": r"fo\*"}, {"A": "foo"}, False),
    ({"A": r"C:\Windows\*"}, {"A": r"c:\windows\x"}, False),
    ({"A": r"C:\Windows\\*"}, {"A": r"c:\windows\x"}, True),
    ({"A": r"C:\\*"}, {"A": r"C:\anything"}, True),
    ({"A": r"\\\\server\\share"}, {"A": r"\\server\share"}, True),
    ({"A": "a*a"}, {"A": "a"}, False),
    ({"A": "*"}, {"A": ""}, True),
    ({"A": "*"}, {"B": "x"}, False),
    # contains, startswith, endswith, all
    ({"A|contains": "bar"}, {"A": "fooBARbaz"}, True),
    ({"A|startswith": "foo"}, {"A": "FOObar"}, True),
    ({"A|startswith": "bar"}, {"A": "foobar"}, False),
    ({"A|endswith": r"\cmd.exe"}, {"A": r"C:\Windows\CMD.EXE"}, True),
    ({"A|endswith": r"\cmd.exe"}, {"A": r"C:\Windows\cmd.exe x"}, False),
    ({"A|contains|all": ["one", "two"]}, {"A": "two one"}, True),
    ({"A|contains|all": ["one", "two"]}, {"A": "one"}, False),
    ({"A|contains": ["one", "two"]}, {"A": "xx two"}, True),
    ({"A|contains": "x"}, {"A": "axb"}, True),
    ({"A|contains|cased": "Bar"}, {"A": "fooBAR"}, False),
    # null, empty, exists
    ({"A": None}, {"B": "x"}, True),
    ({"A": None}, {"A": None, "B": "x"}, True),
    ({"A": None}, {"A": ""}, False),
    ({"A": ""}, {"A": ""}, True),
    ({"A": ""}, {"B": "x"}, False),
    ({"A": ["", None]}, {"B": "x"}, True),
    ({"A|exists": True}, {"A": ""}, True),
    ({"A|exists": True}, {"B": "x"}, False),
    ({"A|exists": False}, {"B": "x"}, True),
    # numbers, booleans, lists
    ({"A": 4624}, {"A": "4624"}, True),
    ({"A": 4624}, {"A": 4624}, True),
    ({"A": "4624"}, {"A": 4624}, True),
    ({"A": True}, {"A": "TRUE"}, True),
    ({"A": False}, {"A": False}, True),
    ({"A": "two"}, {"A": ["one", "two"]}, True),
    ({"A": "two"}, {"A": "[two]"}, False),
    ({"A|contains|all": ["one", "two"]}, {"A": ["xonex", "two"]}, True),
    ({"A|endswith": r"a\b"}, {"A": [r"x\a\b"]}, True),
    ({"A": 3}, {"A": [1, 3]}, True),
    ({"A|gt": 5}, {"A": [1, 9]}, True),
    ({"A": None}, {"A": []}, False),
    # comparisons
    ({"A|lt": 5}, {"A": "4"}, True),
    ({"A|lte": 5}, {"A": "5"}, True),
    ({"A|gt": 5}, {"A": "0x10"}, True),
    ({"A|gte": 5.5}, {"A": "5.5"}, True),
    ({"A|gt": 5}, {"A": "many"}, False),
    ({"A|neq": "foo"}, {"A": "bar"}, True),
    ({"A|neq": "foo"}, {"A": "FOO"}, False),
    # regular expressions
    ({"A|re": "f.o"}, {"A": "xxfooxx"}, True),
    ({"A|re": "^foo$"}, {"A": "foo"}, True),
    ({"A|re": "foo"}, {"A": "FOO"}, False),
    ({"A|re|i": "foo"}, {"A": "FOO"}, True),
    ({"A|re|i": "sick"}, {"A": "\u017fic\u212a"}, True),
    ({"A|re": "a.b"}, {"A": "a\nb"}, False),
    ({"A|re|s": "a.b"}, {"A": "a\nb"}, True),
    ({"A|re|m": "^b"}, {"A": "a\nb"}, True),
    ({"A|re|i|m|s": "^B.C"}, {"A": "a\nb\nc"}, True),
    ({"A|re": "foo$"}, {"A": "foo\n"}, True),
    ({"A|re": "[$]x"}, {"A": "a$x"}, True),
    ({"A|re": r"a\$b$"}, {"A": "a$b"}, True),
    ({"A|re": "[0-9]{4}"}, {"A": "x1234"}, True),
    ({"A|re|startswith": "fo+"}, {"A": "foobar"}, True),
    ({"A|re|startswith": "fo+"}, {"A": "xfoo"}, False),
    ({"A|re|endswith": "b|r"}, {"A": "foobar"}, True),
    ({"A|re|endswith": "b|f"}, {"A": "foobar"}, False),
    # encodings
    ({"A|base64": "evil"}, {"A": b64encode(b"evil").decode()}, True),
    ({"A|base64offset|contains": "evil"}, {"A": b64encode(b"x evil command").decode()}, True),
    ({"A|base64offset|contains": "evil"}, {"A": b64encode(b"xx evil command").decode()}, True),
    ({"A|wide|base64offset|contains": "evil"}, {"A": b64encode(b"x" + WIDE + b"yy").decode()}, True),
    ({"A|utf16le|base64|contains": "evil"}, {"A": b64encode(WIDE).decode()}, True),
    ({"A|utf16be|base64": "evil"}, {"A": b64encode("evil".encode("utf-16-be")).decode()}, True),
    ({"A|utf16|base64": "evil"}, {"A": b64encode(b"\xff\xfe" + WIDE).decode()}, True),
    ({"A|wide": "evil"}, {"A": WIDE.decode()}, True),
    # windash
    ({"A|windash|contains": " -enc"}, {"A": "ps /enc x"}, True),
    ({"A|windash|contains": " -enc"}, {"A": "ps \u2013enc x"}, True),
    ({"A|contains|windash|all": [" -a ", " -b "]}, {"A": "x /a -b y"}, True),
    # cidr
    ({"A|cidr": "10.0.0.0/8"}, {"A": "10.1.2.3"}, True),
    ({"A|cidr": "10.0.0.0/8"}, {"A": "11.1.2.3"}, False),
    ({"A|cidr": "10.0.0.0/8"}, {"A": "::ffff:10.1.2.3"}, True),
    ({"A|cidr": "fe80::/10"}, {"A": "FE80::1"}, True),
    ({"A|cidr": "10.0.0.0/8"}, {"A": "no address"}, False),
    # parts of a time
    ({"A|hour": 23}, {"A": "2024-02-29T23:59:58.1234567Z"}, True),
    ({"A|minute": 59}, {"A": "2024-02-29 23:59:58"}, True),
    ({"A|day": 29}, {"A": "2024-02-29 23:59:58"}, True),
    ({"A|week": 9}, {"A": "2024-02-29 23:59:58"}, True),
    ({"A|month": 2}, {"A": "2024-02-29 23:59:58"}, True),
    ({"A|year": 2024}, {"A": "1709251198"}, True),
    ({"A|hour": 0}, {"A": "2024-03-01T00:30:00+02:00"}, True),
    ({"A|hour": 1}, {"A": "yesterday"}, False),
    # fields against fields
    ({"A|fieldref": "B"}, {"A": "Foo", "B": "foo"}, True),
    ({"A|fieldref": "B"}, {"A": "foo", "B": "bar"}, False),
    ({"A|fieldref": "B"}, {"A": "foo"}, False),
    ({"A|fieldref|startswith": "B"}, {"A": "foobar", "B": "FOO"}, True),
    ({"A|fieldref|endswith": "B"}, {"A": "foobar", "B": "bar"}, True),
    ({"A|fieldref|contains": "B"}, {"A": "xfoobarx", "B": "oob"}, True),
    ({"A|fieldref": "B"}, {"A": "two", "B": ["one", "two"]}, True),
    # keywords
    (["foo"], {"X": "a foo b"}, True),
    (["foo", "bar"], {"X": "a", "Y": "BAR"}, True),
    ({"|all": ["foo", "bar"]}, {"X": "foo", "Y": "bar"}, True),
    ({"|all": ["foo", "bar"]}, {"X": "foo", "Y": "baz"}, False),
    (["f*o"], {"X": "a f-o b"}, True),
    (["nope"], {"nope": "x"}, False),
    ({"|re": "fo{2}"}, {"X": "a foo b"}, True),
    ({"|contains": "foo"}, {"X": ["a", "foo"]}, True),
    ([42], {"X": 1428}, True),
    (['a"b'], {"X": 'x a"b'}, True),
    # maps and lists of maps
    ({"A": "x", "B": "y"}, {"A": "x", "B": "z"}, False),
    ([{"A": "x"}, {"B": "y"}], {"B": "y"}, True),
]


@pytest.mark.parametrize(("selection", "event", "expected"), CASES, ids=[f"{a} on {b}" for a, b, _ in CASES])
def test_a_test_means_what_the_specification_says(
    tmp_path: Path, selection: object, event: dict[str, object], expected: bool
) -> None:
    assert matches(tmp_path, selection, event) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1 of sel*", True),
        ("all of sel*", False),
        ("1 of them", True),
        ("all of them", False),
        ("selection_a and not selection_b", True),
        ("not selection_a", False),
        ("not (selection_a and selection_b)", True),
        ("selection_b or (selection_a and not filter)", True),
        ("any of selection_*", True),
        (["selection_b", "selection_a"], True),
    ],
)
def test_conditions_combine_selections(tmp_path: Path, condition: object, expected: bool) -> None:
    detection = {"selection_a": {"A": "x"}, "selection_b": {"B": "y"}, "filter": {"C": "z"}, "condition": condition}
    assert bool(hits(load(tmp_path, rule(detection)), [{"A": "x"}])) is expected


def test_a_negated_test_is_true_where_the_field_is_missing(tmp_path: Path) -> None:
    detection = {"selection": {"A": "x"}, "filter": {"B|endswith": "y"}, "condition": "selection and not filter"}
    assert hits(load(tmp_path, rule(detection)), [{"A": "x"}, {"A": "x", "B": "zy"}]) != {}


def test_every_row_counts_once_and_rows_are_ascending(tmp_path: Path) -> None:
    detection = {"a": {"A|contains": "foo"}, "b": {"B|contains": "bar"}, "condition": "1 of *"}
    rows = [{"A": "foo", "B": "bar"}, {"A": "x"}, {"B": "xbarx"}, {"A": "foo"}] * 3
    (found,) = hits(load(tmp_path, rule(detection)), rows).values()
    assert found == [0, 2, 3, 4, 6, 7, 8, 10, 11]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("cisco_asa", {"src_ip": "10.0.0.5", "dst_port": "445"}),
        ("cef", {"src": "10.0.0.5", "dpt": "445"}),
        ("leef", {"src": "10.0.0.5", "dstPort": "445"}),
    ],
)
def test_firewall_rules_meet_every_form_of_firewall_log(tmp_path: Path, table: str, row: dict[str, str]) -> None:
    wanted = rule({"a": {"src_ip": "10.0.0.5", "dst_port": 445}, "condition": "a"}, {"category": "firewall"})
    assert hits(load(tmp_path, wanted), [row, {"src_ip": "10.0.0.6"}], table) == {ID: [0]}
