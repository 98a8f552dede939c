"""Passwords: argon2id hashes, and which new passwords are refused.

Rules (OWASP ASVS 5 §6.2):
1. A password has a least and a most length and no rule about its characters. It is taken exactly as it was typed.
2. Refused: common passwords, and words around the account or the product, also with digits around them or letters
   swapped for look-alikes; one character or a short piece repeated; runs of the keyboard or the alphabet.
3. Hashes are argon2id with the parameters of `limits`; a hash with other parameters is made anew at the next login.
4. An unknown account costs the same time: the password is compared with a hash that belongs to nobody.
5. At most `limits.PASSWORD_HASHES_AT_ONCE` hashes are computed at once, so logins take neither the node's memory nor
   all of its cores.
"""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from tocsin import limits
from tocsin.errors import StateError
from tocsin.node.people.common_passwords import COMMON, RUNS
from tocsin.words.messages import say

_ONE_TIME_BYTES = 15  # 120 bits, 20 characters
_LOOKALIKES = str.maketrans("013457@$!8", "oieastasib")
_PIECE_CHARACTERS = 6  # a password that repeats a piece of so few characters is refused
_WORD_CHARACTERS = 3  # shorter words around an account say nothing
_PASSPHRASE_WORDS = 4
_OWN_CHARACTERS = 6  # what has to be left of a password without a refused word
_gate = threading.BoundedSemaphore(limits.PASSWORD_HASHES_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Cost:
    """The work behind one hash (RFC 9106 §4)."""

    passes: int = limits.PASSWORD_TIME_COST
    memory_kib: int = limits.PASSWORD_MEMORY_KIB
    lanes: int = limits.PASSWORD_LANES


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password was right, and whether its hash should be made anew."""

    right: bool
    outdated: bool = False


def refusal(password: str, words: Iterable[str] = ()) -> str:
    """Why a new password is refused, as a sentence; empty when it is fine. Rules 1 and 2."""
    if len(password) < limits.PASSWORD_LEAST_CHARACTERS:
        return say("A password needs at least {least} characters.", least=limits.PASSWORD_LEAST_CHARACTERS)
    if too_long(password):
        return say("A password has at most {most} characters.", most=limits.PASSWORD_MOST_CHARACTERS)
    folded = password.casefold()
    if _repeats(folded) or _runs(folded):
        return say("This password repeats itself or follows the keyboard.")
    if _is_around(folded, COMMON) or _is_around(folded, (word.casefold() for word in words)):
        return say("This password is a common one, or made of words around you.")
    return ""


def too_long(password: str) -> bool:
    """Whether a password is over the bound, before anything is computed from it."""
    characters, size = len(password), len(password.encode(errors="surrogatepass"))
    return characters > limits.PASSWORD_MOST_CHARACTERS or size > limits.PASSWORD_MOST_BYTES


def hashed(password: str, cost: Cost) -> str:
    """The hash to store. Rules 3 and 5."""
    with _gate:
        return _hasher(cost).hash(password.encode(errors="surrogatepass"))


def verified(stored: str | None, password: str, cost: Cost) -> Verified:
    """Whether the password is the one of the hash; None stands for an unknown account. Rules 3 to 5."""
    if too_long(password):
        return Verified(False)
    against = stored or _nobody(cost)
    right = _matches(against, password, cost) and stored is not None
    return Verified(right, right and _hasher(cost).check_needs_rehash(against))


def one_time_password() -> str:
    """A random password to hand over once."""
    return secrets.token_urlsafe(_ONE_TIME_BYTES)


def _matches(stored: str, password: str, cost: Cost) -> bool:
    try:
        with _gate:
            return _hasher(cost).verify(stored, password.encode(errors="surrogatepass"))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise StateError(
            "a password hash in the state database is damaged", "Give this account a new password."
        ) from error


@cache
def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, type=Type.ID)


@cache
def _nobody(cost: Cost) -> str:
    return _hasher(cost).hash(secrets.token_bytes(limits.SECRET_BYTES))


def _is_around(folded: str, words: Iterable[str]) -> bool:
    """Whether little is left of a password once refused words and what decorates them are taken away."""
    known = {word for word in map(_letters, words) if len(word) >= _WORD_CHARACTERS}
    return any(_own(spelling, known) < _OWN_CHARACTERS for spelling in (folded, folded.translate(_LOOKALIKES)))


def _own(spelling: str, words: set[str]) -> int:
    """What a password has beside refused words: its letters, and half of its other characters.

    One of many different words is a passphrase and counts whole.
    """
    letters = rest = _letters(spelling)
    covering = []
    for word in sorted((word for word in words if word in letters), key=len, reverse=True):
        if word in rest:
            rest = rest.replace(word, "")
            covering.append(word)
    if not covering or len(covering) >= _PASSPHRASE_WORDS:
        return len(spelling)
    return len(rest) + (len(spelling) - len(letters)) // 2


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


def _repeats(folded: str) -> bool:
    return any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, _PIECE_CHARACTERS + 1))


def _runs(folded: str) -> bool:
    """Whether the password is a piece of a keyboard row, the alphabet or the digits, in either direction."""
    return any(folded in run or folded[::-1] in run for run in RUNS)
