"""Every change of a ledger is found, and the first bad entry is named."""

from dataclasses import replace
from datetime import timedelta

from chains import KEY, LEDGERS, NODE, STRANGER, TRUST, chained, rechained, rehashed, signed, trusting
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ledger.checkpoint import Key, public_bytes
from tocsin.ledger.entry import Draft, Entry, Kind
from tocsin.ledger.lines import Damaged
from tocsin.ledger.verify import Verdict, verify

CHANGES = {
    "sequence": lambda entry: replace(entry, sequence=entry.sequence + 40),
    "time": lambda entry: replace(entry, time=entry.time + timedelta(microseconds=1)),
    "kind": lambda entry: replace(entry, kind=entry.kind + "s"),
    "actor": lambda entry: replace(entry, actor="account:somebody"),
    "subject": lambda entry: replace(entry, subject="incident:other-than-before"),
    "detail": lambda entry: replace(entry, detail={**entry.detail, "added": 1}),
    "type of a detail": lambda entry: replace(entry, detail={"one": True}),
    "previous": lambda entry: replace(entry, previous="1" * 64),
    "digest": lambda entry: replace(entry, digest="2" * 64),
}
PLACES = st.integers(0, 8)


def checked(entries: list[Entry | Damaged] | list[Entry], **more: object) -> Verdict:
    return verify(entries, [], TRUST, **more)  # type: ignore[arg-type]


def sample(count: int = 8) -> list[Entry]:
    return chained([Draft(Kind.HUNT, "account:anna", f"hunt:{number}", {"rows": number}) for number in range(count)])


@given(LEDGERS)
def test_an_untouched_ledger_holds(entries: list[Entry]) -> None:
    verdict = verify(entries, signed(entries, 2), TRUST, signed(entries, 3))
    assert verdict.holds
    assert verdict.head.sequence == len(entries)
    assert verdict.checkpoints == len(entries) // 2
    assert verdict.witnessed == len(entries) // 3 * 3


def test_an_empty_ledger_holds() -> None:
    assert checked([]).holds


@given(LEDGERS, PLACES, st.sampled_from(sorted(CHANGES)))
def test_a_changed_field_is_found_in_its_entry(entries: list[Entry], place: int, change: str) -> None:
    place %= len(entries)
    touched = [*entries[:place], CHANGES[change](entries[place]), *entries[place + 1 :]]
    if touched == entries:
        return
    fault = checked(touched).fault
    assert fault is not None
    assert fault.sequence == place + 1
    assert str(place + 1) in fault.why


@given(LEDGERS, PLACES, st.sampled_from(sorted(set(CHANGES) - {"digest", "sequence"})))
def test_a_changed_entry_with_a_fitting_digest_is_found(entries: list[Entry], place: int, change: str) -> None:
    place %= len(entries) - 2  # with two entries behind it, which tell on it
    touched = [*entries[:place], rehashed(CHANGES[change](entries[place])), *entries[place + 1 :]]
    if touched == entries:
        return
    fault = checked(touched).fault
    assert fault is not None
    assert fault.sequence == place + 1


@given(LEDGERS, PLACES)
def test_a_removed_entry_is_found(entries: list[Entry], place: int) -> None:
    place %= len(entries)
    fault = checked(entries[:place] + entries[place + 1 :], witnessed=signed(entries)).fault
    assert fault is not None
    assert fault.sequence == place + 1
    assert "missing" in fault.why


@given(LEDGERS, PLACES, PLACES)
def test_two_entries_that_changed_places_are_found(entries: list[Entry], one: int, other: int) -> None:
    first, second = sorted((one % len(entries), other % len(entries)))
    if first == second:
        return
    touched = list(entries)
    touched[first], touched[second] = entries[second], entries[first]
    fault = checked(touched).fault
    assert fault is not None
    assert fault.sequence == first + 1


@given(LEDGERS, PLACES, PLACES)
def test_an_entry_that_stands_twice_is_found(entries: list[Entry], one: int, other: int) -> None:
    first, second = sorted((one % len(entries), other % len(entries)))
    touched = [*entries[: second + 1], entries[first], *entries[second + 1 :]]
    fault = checked(touched).fault
    assert fault is not None
    assert fault.sequence == (first + 1 if first == second else second + 2)


@given(LEDGERS, PLACES)
def test_an_entry_that_was_put_in_is_found(entries: list[Entry], place: int) -> None:
    place %= len(entries)
    forged = rehashed(replace(entries[place], subject="incident:forged"))
    fault = checked([*entries[:place], forged, *entries[place:]]).fault
    assert fault is not None
    assert fault.sequence == place + 1


@given(LEDGERS, PLACES)
def test_what_is_cut_off_is_found_with_the_witness(entries: list[Entry], kept: int) -> None:
    kept %= len(entries)
    assert checked(entries[:kept]).holds
    for verdict in (checked(entries[:kept], witnessed=signed(entries)), verify(entries[:kept], signed(entries), TRUST)):
        assert verdict.fault is not None
        assert verdict.fault.sequence == kept + 1
        assert "missing" in verdict.fault.why


@given(LEDGERS, PLACES, st.integers(1, 4))
def test_a_chain_that_root_wrote_anew_is_found_with_the_witness(entries: list[Entry], place: int, every: int) -> None:
    place %= len(entries)
    changed = replace(entries[place], subject="incident:other-than-before")
    forged = rechained([*entries[:place], changed, *entries[place + 1 :]], place)
    assert verify(forged, signed(forged), TRUST).holds
    verdict = checked(forged, witnessed=signed(entries, every))
    proved = [checkpoint.sequence for checkpoint in signed(entries, every)]
    telling = next((number for number in proved if number > place), None)
    if telling is None:
        assert verdict.holds
        return
    assert verdict.fault is not None
    assert verdict.fault.sequence == telling
    assert verdict.fault.since == max([number for number in proved if number <= place], default=0) + 1


@given(LEDGERS, PLACES)
def test_a_witness_under_every_entry_names_the_rewritten_one(entries: list[Entry], place: int) -> None:
    place %= len(entries)
    changed = replace(entries[place], kind="another")
    verdict = checked(rechained([*entries[:place], changed, *entries[place + 1 :]], place), witnessed=signed(entries))
    assert verdict.fault is not None
    assert (verdict.fault.sequence, verdict.fault.since) == (place + 1, place + 1)


def test_a_place_that_cannot_be_read_is_the_first_bad_entry() -> None:
    entries = sample()
    fault = checked([*entries[:3], Damaged("cannot be read"), *entries[4:]]).fault
    assert fault is not None
    assert fault.sequence == 4


def test_a_ledger_whose_beginning_was_replaced_by_another_is_found() -> None:
    entries = sample()
    fault = checked(rechained([replace(entries[0], previous="3" * 64), *entries[1:]], 0)).fault
    assert fault is not None
    assert fault.sequence == 1


def test_an_entry_after_a_proved_one_is_the_bad_one() -> None:
    entries = sample()
    forged = rehashed(replace(entries[4], previous="4" * 64))
    verdict = verify([*entries[:4], forged], signed(entries[:4]), TRUST)
    assert verdict.fault is not None
    assert verdict.fault.sequence == 5


def test_a_checkpoint_of_a_stranger_is_a_fault_in_the_ledger_and_no_matter_in_the_witness() -> None:
    entries = sample()
    strange = signed(entries, 8, STRANGER)
    fault = verify(entries, strange, TRUST).fault
    assert fault is not None
    assert "unknown key" in fault.why
    verdict = verify(entries, [], TRUST, strange)
    assert verdict.holds
    assert verdict.foreign == 1


def test_a_changed_checkpoint_is_a_fault() -> None:
    entries = sample()
    (point,) = signed(entries, 8)
    for touched in (
        replace(point, time=point.time + timedelta(seconds=1)),
        replace(point, signature="00" * 64),
        replace(point, signature="no hex"),
        replace(point, node="another.example"),
        replace(point, key_id="0" * 16),
    ):
        fault = verify(entries, [touched], TRUST).fault
        assert fault is not None
        assert fault.sequence == 8


def test_a_checkpoint_out_of_its_place_is_a_fault() -> None:
    entries = sample()
    points = signed(entries, 4)
    fault = verify(entries, [points[1], points[0]], TRUST).fault
    assert fault is not None
    assert "out of place" in fault.why


def test_keys_follow_one_another() -> None:
    entries = sample()
    old, new = Key(public_bytes(KEY), 1, 4), Key(public_bytes(STRANGER), 5)
    points = signed(entries[:4], 2) + signed(entries[4:], 2, STRANGER)
    assert verify(entries, points, trusting(old, new)).checkpoints == 4
    late = signed(entries[:4], 2) + signed(entries[4:], 2)
    fault = verify(entries, late, trusting(old, new)).fault
    assert fault is not None
    assert fault.sequence == 6
    early = signed(entries[:4], 2, STRANGER)
    fault = verify(entries, early, trusting(old, new)).fault
    assert fault is not None
    assert fault.sequence == 2


def test_a_revoked_key_proves_only_what_the_witness_has() -> None:
    entries = sample()
    revoked = trusting(Key(public_bytes(KEY), 1, 8, revoked=True))
    points = signed(entries, 4)
    alone = verify(entries, points, revoked)
    assert (alone.holds, alone.checkpoints, alone.unproven, alone.proved) == (True, 0, 2, 0)
    seen = verify(entries, points, revoked, points[:1])
    assert (seen.holds, seen.checkpoints, seen.unproven, seen.proved) == (True, 1, 1, 4)


def test_a_witness_that_has_two_chains_tells_it() -> None:
    entries = sample()
    other = rechained([replace(entries[0], kind="another"), *entries[1:]], 0)
    for chain in (entries, other):
        fault = checked(chain, witnessed=[*signed(entries, 8), *signed(other, 8)]).fault
        assert fault is not None
        assert fault.sequence == 8


def test_a_ledger_of_another_node_proves_nothing_here() -> None:
    entries = sample()
    verdict = verify(entries, [], trusting(Key(public_bytes(KEY))), [replace(signed(entries)[0], node=NODE + ".net")])
    assert verdict.foreign == 1
