"""The directory never joins over organisations and networks, answers by time, and does not mind the order of claims."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.triage.who import (
    Called,
    Claim,
    Directory,
    Identity,
    Kind,
    Lease,
    Reason,
    Shared,
    SharedAddresses,
    SharedKind,
    Sighting,
    Source,
    Translation,
    Tunnel,
    Unresolved,
    called,
    handovers,
    leased,
    sighted,
    tunnelled,
)

START = datetime(2022, 7, 15, tzinfo=UTC)
ADDRESS = "10.0.0.5"
MINUTES = st.integers(0, 600)
PLACES = st.sampled_from([("A", ""), ("A", "lan"), ("B", ""), ("B", "lan")])
HOSTS = st.sampled_from(["WS-1", "ws-1.min.example", "WS-2", "ws-2.min.example", "WS-3"])


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    place, source = draw(PLACES), draw(st.sampled_from([Source.DHCP, Source.OWN_LOG, Source.WORKSTATION]))
    first = draw(MINUTES)
    last = first + draw(st.integers(1, 300))
    address = draw(st.sampled_from([ADDRESS, "10.0.0.6"]))
    return Claim(*place, Kind.ADDRESS, address, Kind.HOST, draw(HOSTS), at(first), at(last), source)


def who(directory: Directory, minutes: int, place: tuple[str, str] = ("", ""), value: str = ADDRESS) -> object:
    """The name, or why there is none."""
    answer = directory.resolve(Kind.ADDRESS, value, *place, at(minutes))
    return answer.name if isinstance(answer, Identity) else answer.reason


@given(st.lists(claims(), max_size=20), PLACES, MINUTES)
def test_nothing_is_known_from_another_organisation_or_network(
    given_claims: list[Claim], place: tuple[str, str], minutes: int
) -> None:
    own = [claim for claim in given_claims if (claim.organisation, claim.network) == place]
    for address in (ADDRESS, "10.0.0.6"):
        everything = Directory(given_claims).resolve(Kind.ADDRESS, address, *place, at(minutes))
        assert everything == Directory(own).resolve(Kind.ADDRESS, address, *place, at(minutes))


@given(st.lists(claims(), max_size=20), st.randoms(use_true_random=False), PLACES, MINUTES)
def test_the_answer_does_not_depend_on_the_order_of_claims(
    given_claims: list[Claim], chance: object, place: tuple[str, str], minutes: int
) -> None:
    mixed = list(given_claims)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    asked = (Kind.ADDRESS, ADDRESS, *place, at(minutes))
    assert Directory(mixed).resolve(*asked) == Directory(given_claims).resolve(*asked)


@given(st.lists(claims(), max_size=20), PLACES, MINUTES)
def test_who_is_named_was_claimed_for_that_moment(
    given_claims: list[Claim], place: tuple[str, str], minutes: int
) -> None:
    answer = Directory(given_claims).resolve(Kind.ADDRESS, ADDRESS, *place, at(minutes))
    about = [
        claim
        for claim in given_claims
        if (claim.organisation, claim.network, claim.value) == (*place, ADDRESS) and claim.holds(at(minutes))
    ]
    if isinstance(answer, Identity):
        assert answer.name in {claim.named for claim in about}
    strong = {claim.named.lower().partition(".")[0] for claim in about if claim.strong}
    if len(strong) > 1:
        assert isinstance(answer, Unresolved) and answer.reason is Reason.CONFLICT


@settings(max_examples=60)
@given(st.lists(claims(), min_size=2, max_size=30, unique=True), st.integers(1, 10), PLACES, MINUTES)
def test_memory_is_bounded_and_what_was_dropped_is_counted_and_never_guessed(
    given_claims: list[Claim], most: int, place: tuple[str, str], minutes: int
) -> None:
    whole = Directory(given_claims)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "IDENTITY_CLAIMS", most)
        small = Directory(given_claims)
        assert small.size == min(most, len(given_claims))
        assert small.dropped == len(given_claims) - small.size
        asked = (Kind.ADDRESS, ADDRESS, *place, at(minutes))
        answer = small.resolve(*asked)
    assert answer == whole.resolve(*asked) or isinstance(answer, Unresolved)


LEASES = st.lists(
    st.tuples(MINUTES, st.sampled_from(["00:00:5e:00:53:01", "00:00:5e:00:53:02"]), st.integers(5, 120)),
    min_size=1, max_size=12, unique_by=lambda each: each[0],
)  # fmt: skip


def lease(first: int, mac: str = "00:00:5e:00:53:01", minutes: int = 60, **more: object) -> Lease:
    facts = {"host": f"WS-{mac[-1]}", "last": at(first), "seconds": minutes * 60.0} | more
    return Lease("", "", ADDRESS, mac, first=at(first), **facts)  # type: ignore[arg-type]


@given(LEASES, st.randoms(use_true_random=False), st.integers(0, 800))
def test_a_re_leased_address_is_who_has_the_newest_lease(
    given_leases: Sequence[tuple[int, str, int]], chance: object, minutes: int
) -> None:
    line = [lease(first, mac, length) for first, mac, length in given_leases]
    chance.shuffle(line)  # type: ignore[attr-defined]
    newest = max((each for each in line if each.first <= at(minutes)), key=lambda each: each.first, default=None)
    if newest is None or newest.ends <= at(minutes):
        assert who(Directory(leased(line)), minutes) in (Reason.NO_CLAIM, Reason.UNTOLD)
    else:
        assert who(Directory(leased(line)), minutes) == newest.host


def test_a_release_ends_a_lease() -> None:
    line = [lease(0), lease(20, ended=True)]
    assert [who(Directory(leased(line)), minutes) for minutes in (19, 20, 30)] == ["WS-1"] + [Reason.NO_CLAIM] * 2


def test_a_lease_without_a_time_ends_after_the_longest_that_is_believed() -> None:
    told = [lease(0, seconds=None), lease(0, mac="00:00:5e:00:53:02", seconds=4_294_967_295.0)]
    assert [each.ends - each.last for each in told] == [timedelta(days=8), timedelta(days=35)]


def test_a_mac_address_names_leases_that_tell_no_host() -> None:
    line = [lease(0), lease(120, host="")]
    assert [who(Directory(leased(line)), minutes) for minutes in (30, 130)] == ["WS-1", "WS-1"]
    nameless = Directory(leased([lease(0, host="")]))
    answer = nameless.resolve(Kind.ADDRESS, ADDRESS, "", "", at(1))
    assert isinstance(answer, Identity) and (answer.kind, answer.name) == (Kind.MAC, "00:00:5e:00:53:01")


def test_an_adapter_that_two_machines_shared_names_none_of_them_outside_its_leases() -> None:
    line = [lease(0, host="WS-1"), lease(100, host="WS-2"), lease(200, host="")]
    assert who(Directory(leased(line)), 210) == "00:00:5e:00:53:01"


def seen(minutes: int, host: str, source: Source = Source.MACHINE_LOGON) -> Sighting:
    return Sighting("", "", ADDRESS, host, at(minutes), at(minutes), source)


def test_a_logon_without_logoff_lasts_an_hour_and_not_into_another_machines_stay() -> None:
    directory = Directory(sighted([seen(100, "WS-1"), seen(130, "WS-2")], {}))
    answers = [who(directory, minutes) for minutes in (39, 40, 100, 115, 131, 189, 190)]
    assert answers == [Reason.NO_CLAIM, "WS-1", "WS-1", Reason.CONFLICT, "WS-2", "WS-2", Reason.NO_CLAIM]


def test_a_lease_that_gives_an_address_away_ends_what_was_seen_there() -> None:
    line = [lease(0, minutes=600), lease(110, "00:00:5e:00:53:02", 600)]
    told = [*leased(line), *sighted([seen(100, "WS-1")], handovers(line))]
    assert [who(Directory(told), minutes) for minutes in (109, 110, 120)] == ["WS-1", "WS-2", "WS-2"]


def test_what_a_client_says_of_itself_never_contradicts_the_server() -> None:
    told = [*leased([lease(0)]), *sighted([seen(10, "DC01", Source.WORKSTATION)], {})]
    assert who(Directory(told), 10) == "WS-1"
    assert who(Directory(sighted([seen(10, "DC01", Source.WORKSTATION)], {})), 10) == "DC01"


def tunnel(minutes: int, account: str, *, opened: bool = True, session: str = "") -> Tunnel:
    return Tunnel("", "", ADDRESS, account, "", session, at(minutes), opened)


def test_a_vpn_session_lasts_from_assignment_to_disconnect() -> None:
    line = [tunnel(0, "ana", session="1"), tunnel(50, "ana", opened=False, session="2")]
    line += [tunnel(60, "ana", opened=False, session="1"), tunnel(90, "ben"), tunnel(100, "eva")]
    answers = [who(Directory(tunnelled(line)), minutes) for minutes in (59, 60, 95, 101, 100 + 24 * 60)]
    assert answers == ["ana", Reason.NO_CLAIM, "ben", "eva", Reason.NO_CLAIM]


SID = "S-1-5-21-1-2-3-1105"


def account(directory: Directory, kind: Kind, value: str, minutes: int) -> object:
    answer = directory.resolve(kind, value, "", "", at(minutes))
    return answer.name if isinstance(answer, Identity) else answer.reason


def said(identifier: str, name: str, first: int, last: int) -> Called:
    return Called("", "", identifier, name, at(first), at(last))


def test_sid_short_domain_and_upn_of_one_account_are_one_also_after_renaming() -> None:
    told = [said(SID, "ana@corp.example", 0, 50), said(SID, "MIN\\ana", 5, 50), said(SID, "MIN\\ana.smith", 60, 90)]
    directory = Directory(called(told))
    names = (
        (Kind.SID, SID),
        (Kind.UPN, "Ana@corp.example"),
        (Kind.ACCOUNT, "min\\ANA"),
        (Kind.ACCOUNT, "MIN\\ana.smith"),
    )
    assert {account(directory, *name, 70) for name in names} == {"MIN\\ana.smith"}


def test_a_name_given_to_a_new_account_is_another_one() -> None:
    other = "S-1-5-21-1-2-3-2000"
    directory = Directory(called([said(SID, "MIN\\ana", 0, 50), said(other, "MIN\\ana", 100, 150)]))
    found = [account(directory, Kind.ACCOUNT, "MIN\\ana", minutes) for minutes in (20, 99, 100)]
    assert found == [f"MIN\\ana ({SID})"] * 2 + [f"MIN\\ana ({other})"]
    overlapping = Directory(called([said(SID, "MIN\\ana", 0, 120), said(other, "MIN\\ana", 100, 150)]))
    assert account(overlapping, Kind.ACCOUNT, "MIN\\ana", 110) is Reason.CONFLICT


def test_a_shared_address_is_resolved_only_where_one_inside_address_fits() -> None:
    lists = [Shared("", "", "203.0.113.0/28", SharedKind.NAT)]
    records = [
        Translation("", "", "203.0.113.9", at(0), ADDRESS, "198.51.100.1"),
        Translation("", "", "203.0.113.9", at(1), "10.0.0.6", "198.51.100.2"),
    ]
    directory = Directory(leased([lease(0)]), SharedAddresses(lists, records))

    def behind(minutes: int, *towards: str, address: str = "203.0.113.9") -> object:
        answer = directory.resolve(Kind.ADDRESS, address, "", "", at(minutes), towards)
        return (answer.name, answer.through) if isinstance(answer, Identity) else (answer.reason, answer.names)

    assert behind(1, "198.51.100.1") == ("WS-1", ADDRESS)
    assert behind(1, "198.51.100.2") == ("10.0.0.6", "10.0.0.6")
    assert behind(1) == (Reason.SHARED, (ADDRESS, "10.0.0.6"))
    assert behind(30) == behind(1, address="203.0.113.1") == (Reason.SHARED, ())


def test_translations_are_bounded_and_the_newest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDENTITY_TRANSLATIONS", 2)
    records = [Translation("", "", "203.0.113.9", at(10 * number), f"10.0.0.{number}") for number in range(5)]
    addresses = SharedAddresses((), records)
    assert addresses.dropped == 3
    found = [addresses.insiders("", "", "203.0.113.9", at(10 * number), ()) for number in range(5)]
    assert found == [frozenset()] * 3 + [{"10.0.0.3"}, {"10.0.0.4"}]


def test_names_longer_than_netbios_are_known_by_their_first_fifteen_characters() -> None:
    told = [
        seen(0, "FINANCE-LAPTOP-"),
        Sighting("", "", ADDRESS, "finance-laptop-07.min.example", at(1), at(1), Source.OWN_LOG),
    ]
    assert who(Directory(sighted(told, {})), 1) == "finance-laptop-07.min.example"
    others = [seen(0, "prod-webserver-01"), seen(1, "prod-webserver-02")]
    assert who(Directory(sighted(others, {})), 0) == "prod-webserver-01"


def test_time_unknown_and_nonsense_have_reasons() -> None:
    directory = Directory(leased([lease(0)]))
    asked = ((ADDRESS, None), ("x" * 500, START), ("10.0.0.77", START))
    answers = [directory.resolve(Kind.ADDRESS, value, "", "", time) for value, time in asked]
    assert answers == [Unresolved(Reason.NO_TIME), Unresolved(Reason.UNTOLD), Unresolved(Reason.UNTOLD)]
