"""How long somebody who failed to log in has to wait.

Three counters, each with failures that are free and a wait that doubles with every further one:

| counter | free failures | longest wait |
|---|---|---|
| one account from one address | `LOGIN_FREE_FAILURES` | `LOGIN_LONGEST_WAIT_SECONDS` |
| one account from anywhere | `LOGIN_FREE_ACCOUNT_FAILURES` | `LOGIN_LONGEST_SHARED_WAIT_SECONDS` |
| one address with any account | `LOGIN_FREE_ADDRESS_FAILURES` | `LOGIN_LONGEST_SHARED_WAIT_SECONDS` |

Why this cannot lock out everybody, or anybody for ever (OWASP ASVS 5 §6.1.1):
1. Every wait ends by itself, and a try during a wait is refused unread: it neither counts nor makes the wait longer.
2. Where an account has logged in from an address within `LOGIN_KNOWN_SECONDS`, only the counter of the two together
   counts there. Strangers at other addresses, or with other names at this one, cannot make its owner wait.
3. A login that succeeds ends the counters of its account; a day without failures ends every counter.

4. A counter from a time that is still to come, because the clock went back, makes nobody wait.

A try counts as a failure before it is judged and is taken back when it succeeds, so a thousand at once are no way
around. Accounts that do not exist have counters like all others, so waiting says nothing about a name.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin import limits

SECOND_US = 1_000_000
_DOUBLINGS = 32  # more would only make the number longer
_IPV6_NETWORK_BITS = 64  # one customer of a provider has at least so much


class Counted(StrEnum):
    """What a counter counts."""

    PAIR = "pair"
    ACCOUNT = "account"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Counter:
    """Failures so far, and until when the counter's address is known to belong to its account (pairs only)."""

    failures: int = 0
    last_us: int = 0
    known_until_us: int = 0


_FREE = {
    Counted.PAIR: limits.LOGIN_FREE_FAILURES,
    Counted.ACCOUNT: limits.LOGIN_FREE_ACCOUNT_FAILURES,
    Counted.ADDRESS: limits.LOGIN_FREE_ADDRESS_FAILURES,
}
_LONGEST = {
    Counted.PAIR: limits.LOGIN_LONGEST_WAIT_SECONDS,
    Counted.ACCOUNT: limits.LOGIN_LONGEST_SHARED_WAIT_SECONDS,
    Counted.ADDRESS: limits.LOGIN_LONGEST_SHARED_WAIT_SECONDS,
}


def wait_seconds(counters: Mapping[Counted, Counter], now_us: int) -> int:
    """How long the next try has to wait, rounded up; 0 when it may come now."""
    judged = counters
    if counters[Counted.PAIR].known_until_us > now_us:
        judged = {Counted.PAIR: counters[Counted.PAIR]}
    ends = [_end_us(kind, counter, now_us) for kind, counter in judged.items()]
    return max(0, -((now_us - max(ends)) // SECOND_US))


def failed(counter: Counter, now_us: int) -> Counter:
    """The counter after one more failure."""
    before = 0 if _forgotten(counter, now_us) else counter.failures
    return Counter(before + 1, now_us, counter.known_until_us)


def succeeded(kind: Counted, counter: Counter, now_us: int) -> Counter:
    """The counter after a login: none of its account, one failure less (the try itself) of its address."""
    if kind is Counted.ADDRESS:
        return Counter(max(0, counter.failures - 1), counter.last_us, 0)
    known = now_us + limits.LOGIN_KNOWN_SECONDS * SECOND_US if kind is Counted.PAIR else 0
    return Counter(0, 0, known)


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one; other text (a socket) as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed), _IPV6_NETWORK_BITS), strict=False))
    return str(parsed)


def _end_us(kind: Counted, counter: Counter, now_us: int) -> int:
    """When a counter's wait ends; rule 4."""
    return now_us if counter.last_us > now_us else counter.last_us + _wait_us(kind, counter, now_us)


def _wait_us(kind: Counted, counter: Counter, now_us: int) -> int:
    over = counter.failures - _FREE[kind]
    if over < 0 or _forgotten(counter, now_us):
        return 0
    return min(limits.LOGIN_FIRST_WAIT_SECONDS << min(over, _DOUBLINGS), _LONGEST[kind]) * SECOND_US


def _forgotten(counter: Counter, now_us: int) -> bool:
    return now_us - counter.last_us > limits.LOGIN_FORGET_SECONDS * SECOND_US
