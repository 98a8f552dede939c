"""How long a failed login makes somebody wait, and that nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.node.people.lockout import SECOND_US, Counted, Counter, failed, network, succeeded, wait_seconds

NOW = 1_800_000_000 * SECOND_US
NONE = {kind: Counter() for kind in Counted}


def _after(failures: int, last_us: int = NOW) -> Counter:
    return Counter(failures, last_us)


def test_the_first_failures_are_free_and_then_the_wait_doubles() -> None:
    waits = [
        wait_seconds({**NONE, Counted.PAIR: _after(number)}, NOW) for number in range(limits.LOGIN_FREE_FAILURES + 4)
    ]
    assert waits[: limits.LOGIN_FREE_FAILURES] == [0] * limits.LOGIN_FREE_FAILURES
    assert waits[limits.LOGIN_FREE_FAILURES :] == [2, 4, 8, 16]


@given(st.sampled_from(Counted), st.integers(0, 10**9))
def test_no_wait_is_longer_than_its_bound(kind: Counted, failures: int) -> None:
    longest = limits.LOGIN_LONGEST_WAIT_SECONDS if kind is Counted.PAIR else limits.LOGIN_LONGEST_SHARED_WAIT_SECONDS
    counters = {**NONE, kind: _after(failures)}
    assert wait_seconds(counters, NOW) <= longest
    assert wait_seconds(counters, NOW + longest * SECOND_US) == 0


def test_strangers_cannot_make_an_owner_wait_where_he_is_known() -> None:
    known = succeeded(Counted.PAIR, _after(1), NOW)
    attacked = {Counted.PAIR: known, Counted.ACCOUNT: _after(10**6), Counted.ADDRESS: _after(10**6)}
    assert wait_seconds(attacked, NOW) == 0
    assert wait_seconds({**attacked, Counted.PAIR: Counter()}, NOW) == limits.LOGIN_LONGEST_SHARED_WAIT_SECONDS
    later = NOW + (limits.LOGIN_KNOWN_SECONDS + 1) * SECOND_US
    again = {kind: Counter(counter.failures, later, counter.known_until_us) for kind, counter in attacked.items()}
    assert wait_seconds(again, later) > 0


def test_own_failures_count_where_one_is_known() -> None:
    counter = succeeded(Counted.PAIR, Counter(), NOW)
    for _ in range(limits.LOGIN_FREE_FAILURES):
        counter = failed(counter, NOW)
    assert wait_seconds({**NONE, Counted.PAIR: counter}, NOW) > 0


def test_a_login_ends_the_counters_of_its_account_and_takes_back_its_own_try() -> None:
    assert succeeded(Counted.ACCOUNT, _after(9), NOW).failures == 0
    assert succeeded(Counted.PAIR, _after(9), NOW).failures == 0
    assert succeeded(Counted.ADDRESS, _after(9), NOW).failures == 8
    assert succeeded(Counted.ADDRESS, Counter(), NOW).failures == 0


@given(st.sampled_from(Counted), st.integers(0, 10**9), st.integers(1, 400 * 86_400 * SECOND_US))
def test_a_clock_that_went_back_makes_nobody_wait_for_it(kind: Counted, failures: int, ahead_us: int) -> None:
    counters = {**NONE, kind: _after(failures, NOW + ahead_us)}
    assert wait_seconds(counters, NOW) == 0
    assert wait_seconds({**counters, kind: failed(counters[kind], NOW)}, NOW) <= limits.LOGIN_LONGEST_WAIT_SECONDS
    assert failed(counters[kind], NOW).failures == failures + 1, "what was counted stays counted"


def test_a_day_without_failures_ends_a_counter() -> None:
    later = NOW + (limits.LOGIN_FORGET_SECONDS + 1) * SECOND_US
    assert wait_seconds({**NONE, Counted.PAIR: _after(100)}, later) == 0
    assert failed(_after(100), later).failures == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True), ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False), ("::ffff:192.0.2.1", "192.0.2.1", True), ("::1", "::1", True),
        ("", "", True),
    ],
)  # fmt: skip
def test_one_address_is_an_ipv4_address_or_an_ipv6_network(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
