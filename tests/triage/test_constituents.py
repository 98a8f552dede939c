"""Whose something is, and a list of constituents as a file."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telling_samples import AT, constituent, finding

from tocsin import limits
from tocsin.errors import FactsError
from tocsin.model import Evidence
from tocsin.policy.markings import Tlp
from tocsin.triage.constituent_list import parse_constituents
from tocsin.triage.constituents import Constituent, Directory

WHOLE = Constituent("whole", "Whole", netblocks=("192.0.2.0/24", "2001:db8::/32"), domains=("gov.example",))
PART = Constituent("part", "Part", ("The Part",), ("192.0.2.64/26", "2001:db8:1::/48"), ("part.gov.example",))
DIRECTORY = Directory([WHOLE, PART, Constituent("idn", "Idn", domains=("xn--bcher-kva.example",))])
HEAD = "id,name,organisations,netblocks,domains,contacts,language,sector,limit\n"


@pytest.mark.parametrize(
    ("value", "owner"),
    [("192.0.2.70", "part"), ("192.0.2.7", "whole"), ("::ffff:192.0.2.70", "part"), ("[2001:db8:1::5]", "part"),
     ("2001:db8:2::5", "whole"), ("192.0.3.1", ""), ("WWW.Part.gov.example.", "part"), ("mail.gov.example", "whole"),
     ("apart.gov.example", "whole"), ("notgov.example", ""), ("anna@part.gov.example", "part"),
     ("@part.gov.example", ""),
     ("http://x/?.gov.example", ""),
     ("münchen.gov.example", "whole"), ("bücher.example", "idn"),
     ("WS01", ""), ("10.0.0.5", ""), ("", "")],
)  # fmt: skip
def test_the_longest_netblock_or_domain_says_whose_a_value_is(value: str, owner: str) -> None:
    assert DIRECTORY.of_value(value) == owner


def test_an_organisation_is_known_by_any_of_its_names_in_any_case() -> None:
    assert DIRECTORY.of_organisation(" the PART ") == "part" and DIRECTORY.of_organisation("Whole") == "whole"
    assert DIRECTORY.of_organisation("") == ""


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=12), st.integers(0, 2**32 - 1))
def test_the_longest_netblock_is_the_one_that_a_look_at_each_finds(blocks: list[tuple[int, int]], number: int) -> None:
    networks = {ipaddress.ip_network((start >> (32 - bits) << (32 - bits), bits)) for start, bits in blocks}
    listed = [Constituent(f"c{place}", f"C{place}", netblocks=(str(each),)) for place, each in enumerate(networks)]
    address = ipaddress.ip_address(number)
    inside = [(each.prefixlen, owner.id) for each, owner in zip(networks, listed, strict=True) if address in each]
    assert Directory(listed).of_address(str(address)) == max(inside, default=(0, ""))[1]


def test_a_row_is_the_constituents_that_its_organisation_owner_or_host_names() -> None:
    rows = [
        finding("WS01", "", "The Part"), finding("192.0.2.7", "", ""), finding("WS02", "", "", owner="Part"),
        finding("", "boris@gov.example", ""), finding("WS03", "anna", "unknown"),
    ]  # fmt: skip
    shares = DIRECTORY.shares(rows)
    assert shares.rows == {"part": (rows[0], rows[2]), "whole": (rows[1], rows[3])}
    assert (shares.unclaimed, shares.disputed, shares.left) == (1, 0, (rows[4],))


def test_a_row_that_two_have_a_claim_on_is_nobodys() -> None:
    row = finding("ws.part.gov.example", "", "Whole")
    shares = DIRECTORY.shares([row])
    assert not shares.rows and shares.disputed == 1 and shares.unclaimed == 0


def test_a_strangers_row_is_shared_by_its_events_and_each_is_told_as_if_it_were_all() -> None:
    events = tuple(
        Evidence(f"e-{address}", AT, "f", 1, {"src": "203.0.113.9", "dst": address})
        for address in ("192.0.2.70", "192.0.2.7", "192.0.2.71", "198.51.100.1")
    )
    row = finding("203.0.113.9", "", "sensor", evidence=events, count=900, message="900 tries at Whole and Part")
    found = DIRECTORY.shares([row]).rows
    assert [event.event_id for event in found["part"][0].evidence] == ["e-192.0.2.70", "e-192.0.2.71"]
    assert (found["part"][0].count, found["whole"][0].count) == (2, 1)
    assert found["part"][0].host == "203.0.113.9" and not found["part"][0].message


@pytest.mark.parametrize(
    ("host", "user", "fields"),
    [("203.0.113.9", "", {"a": "192.0.2.7", "b": "192.0.2.70"}), ("203.0.113.9", "", {"agent": "www.gov.example"}),
     ("203.0.113.9", "anna", {"dst": "192.0.2.7"}), ("WS-of-nobody", "", {"dst": "192.0.2.7"})],
)  # fmt: skip
def test_events_that_name_two_or_only_by_name_or_are_no_strangers_are_told_to_neither(
    host: str, user: str, fields: dict[str, str]
) -> None:
    event = Evidence("e", AT, "f", 1, fields)
    assert not DIRECTORY.shares([finding(host, user, "", evidence=(event,))]).rows


def test_a_list_is_read_with_several_values_in_a_cell() -> None:
    text = HEAD + (
        "# a comment\n"
        'a,"Ministry, A",The A|Alpha Office,192.0.2.0/24 2001:DB8::/32,A.Example;b.example,x@a.example|y@a.example,'
        "de,government,tlp:red\n\nc,C,,,,z@c.example,,,\n"
    )
    first, second = parse_constituents(text, "list.csv")
    assert first == Constituent(
        "a", "Ministry, A", ("The A", "Alpha Office"), ("192.0.2.0/24", "2001:db8::/32"), ("a.example", "b.example"),
        ("x@a.example", "y@a.example"), "de", "government", Tlp.RED,
    )  # fmt: skip
    assert (second.language, second.limit) == ("en", Tlp.AMBER)


def test_semicolons_may_part_the_columns_as_spreadsheets_write_them() -> None:
    (only,) = parse_constituents("id;name;contacts\na;A;x@a.example|y@a.example\n", "l.csv")
    assert only.contacts == ("x@a.example", "y@a.example")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("A,A,,,,x@a.example,,,", "l.csv:2: the id 'A'"),
        ("a,,,,,x@a.example,,,", "l.csv:2: the name has not"),
        ("a,A,,192.0.2.0,,x@a.example,,,", "no netblock with its bits"),
        ("a,A,,192.0.2.0/33,,x@a.example,,,", "192.0.2.0/33"),
        ("a,A,,,localhost,x@a.example,,,", "no domain of at least two labels"),
        ("a,A,,,,Anna <x@a.example>,,,", "no mail address"),
        ("a,A,,,,,,,", "there is no contact"),
        ("a,A,,,,x@a.example,German!,,", "no language"),
        ("a,A,,,,x@a.example,,,TLP:AMBER STRICT", "limit:"),
        ("a,A,,,,x@a.example,,,,more", "10 cells for 9 columns"),
        (
            "a,A,,10.0.0.0/8,,x@a.example,,,\nb,B,,10.0.0.0/8,,x@b.example,,,",
            "l.csv:3: 10.0.0.0/8 stands in line 2 too",
        ),
        ("a,A,,,,x@a.example,,,\na,B,,,,x@b.example,,,", "l.csv:3: the id 'a' stands in line 2 too"),
        ("a,A,,,,x@a.example,,,\nb,a,,,,x@b.example,,,", "l.csv:3: “a” stands in line 2 too"),
        ("# nobody", "there is no constituent in it"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(line: str, told: str) -> None:
    with pytest.raises(FactsError) as error:
        parse_constituents(HEAD + line + "\n", "l.csv")
    assert told in str(error.value)


def test_a_line_that_ends_early_is_told_with_its_number_whatever_else_ends_lines() -> None:
    with pytest.raises(FactsError, match=r"l\.csv:3: the id '' is not"):
        parse_constituents("name,contacts,id\nA\u2028B,x@a.example,a\nC,x@c.example\n", "l.csv")


@pytest.mark.parametrize("head", ["id,name\n", "id,name,contacts,colour\n", "id,name,contacts,name\n"])
def test_other_columns_are_refused(head: str) -> None:
    with pytest.raises(FactsError, match="these are not the columns"):
        parse_constituents(head + "a,A,x@a.example\n", "l.csv")


def test_netblocks_inside_each_other_are_two_constituents(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "a,A,,10.0.0.0/8,,x@a.example,,,\nb,B,,10.1.0.0/16,,x@b.example,,,\n"
    assert Directory(parse_constituents(text, "l.csv")).of_address("10.1.2.3") == "b"
    monkeypatch.setattr(limits, "CONSTITUENTS", 1)
    with pytest.raises(FactsError, match="more than 1 constituents"):
        parse_constituents(text, "l.csv")


def test_faults_are_told_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONSTITUENT_FAULTS", 3)
    with pytest.raises(FactsError) as error:
        parse_constituents(HEAD + "!,A,,,,x@a.example,,,\n" * 9, "l.csv")
    assert len(str(error.value).split("\n")) == 3


def test_a_cell_with_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONSTITUENT_VALUES", 1)
    with pytest.raises(FactsError, match="contacts: more than 1 values"):
        parse_constituents(HEAD + "a,A,,,,x@a.example|y@a.example,,,\n", "l.csv")


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_an_error_with_the_files_name(text: str) -> None:
    try:
        assert parse_constituents(text, "l.csv")
    except FactsError as error:
        assert str(error).startswith("l.csv")


def test_two_constituents_of_the_samples_share_nothing() -> None:
    assert not set(constituent("a").netblocks) & set(constituent("b").netblocks)


def test_a_row_is_not_told_to_whoever_has_the_address_when_the_machine_was_anothers() -> None:
    one, other = constituent("a", netblocks=("10.20.0.0/16",)), constituent("b", netblocks=())
    row = finding("10.20.1.20", "", "")
    directory = Directory([one, other])
    assert directory.shares([row]).rows.keys() == {"a"}
    shares = directory.shares([row], {"10.20.1.20": {"sp01.b.example"}})
    assert shares.rows == {} and shares.disputed == 1
    assert directory.shares([row], {"10.20.1.20": {"sp01.a.example", "WS-7"}}).rows.keys() == {"a"}


def test_the_name_that_a_machine_gave_itself_opens_nothing_to_anybody() -> None:
    shares = Directory([constituent("b")]).shares([finding("10.9.9.9", "", "")], {"10.9.9.9": {"x.b.example"}})
    assert shares.rows == {} and shares.unclaimed == 1
