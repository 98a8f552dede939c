"""The parts of a batch's texts that can be an indicator, found for all values of a column together.

Rules (each kind; everything in lower case, so case never matters):
1. ip: a run of digits and dots of 7 to 15 characters that no letter, `_` or `-` touches; a run of hexadecimal digits,
   dots and colons with two colons or more. One dot at either end is left out.
2. domain: a word of letters, digits, `-`, `_`, `.` with a dot in it that is no part of a path or a query: not after
   `/`, `\\`, `=`, `?`, `&`, `%`, `#`, `+` (after `://` it is a host), and not before `@`. Every name above it counts
   too. RFC 1035 §2.3.4: nothing longer than 253 characters.
3. hash: a run of exactly 32, 40 or 64 hexadecimal digits.
4. file, task: the whole text, and what is behind its last `/` or `\\`.
5. account: the whole text, each of its words, and of both what is behind the last `\\`.
6. service: the whole text.
7. host: as domain, without the names above; with it the candidates for URLs are found.

A token is a slice of the column's bytes, so nothing is copied; `digests` gives each slice its 64-bit number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import limits

Ints = npt.NDArray[np.int64]
Digests = npt.NDArray[np.uint64]
_Bools = npt.NDArray[np.bool_]

_WORD = 8  # bytes that are mixed at a time
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(_WORD + 1)], np.uint64)
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)  # odd, so that nothing is lost
_HALF, _REST = np.uint64(32), np.uint64(29)
_NAME_BYTES = 253
_V4, _V6_BYTES = (7, 15), 45
_HASHES = (32, 40, 64)
_DOT, _COLON = ord("."), ord(":")


def _class(characters: str, above: bool = False) -> _Bools:
    found = np.zeros(256, np.bool_)
    found[list(characters.encode())] = True
    found[128:] = above
    return found


_DIGITS, _LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_V4_RUN, _V6_RUN = _class(_DIGITS + "."), _class(_DIGITS + "abcdef.:")
_TOUCHES = _class(_LETTERS + "_-", above=True)
_HEX_RUN = _class(_DIGITS + "abcdef")
_NAME_RUN = _class(_DIGITS + _LETTERS + "-_.", above=True)
_INSIDE_PATH = _class("/\\=?&%#+")
_ACCOUNT_RUN = ~_class(' \t\r\n\f\v",;<>[]')
_SEPARATORS, _BACKSLASH = _class("/\\"), _class("\\")


@dataclass(frozen=True, slots=True)
class Texts:
    """The values of a column in lower case, end to end, with room behind them for a whole word."""

    data: npt.NDArray[np.uint8]
    offsets: Ints

    @property
    def length(self) -> int:
        """Bytes of all values."""
        return len(self.data) - _WORD


@dataclass(frozen=True, slots=True)
class Tokens:
    """Slices of texts, each with the value that it is part of."""

    start: Ints
    end: Ints
    owner: Ints


def texts(values: pa.Array) -> Texts:
    """The values as bytes. Lower case is Arrow's, for indicators and for events alike."""
    lower = pc.utf8_lower(values.cast(pa.large_string()))
    _, offsets, data = lower.buffers()
    places = np.frombuffer(offsets, np.int64, len(lower) + 1, 8 * lower.offset)
    first, last = (int(places[0]), int(places[-1])) if len(lower) else (0, 0)
    held = np.frombuffer(data, np.uint8)[first:last] if data is not None else np.zeros(0, np.uint8)
    return Texts(np.concatenate([held, np.zeros(_WORD, np.uint8)]), places - first)


def digests(of: Texts, start: Ints, end: Ints, kind: int) -> Digests:
    """A number for each slice: equal for equal bytes of one kind. It is no proof: what is found is compared."""
    words = np.ndarray((len(of.data) - _WORD + 1,), "<u8", of.data.tobytes(), strides=(1,))
    left = end - start
    found: Digests = (left.astype(np.uint64) + np.uint64(kind + 1)) * _FIRST
    active, at = np.arange(len(start)), start.copy()
    while len(active):
        mixed = found[active] ^ (words[at] & _MASKS[np.minimum(left, _WORD)])
        mixed *= _FIRST
        mixed ^= mixed >> _HALF
        mixed *= _SECOND
        found[active] = mixed ^ (mixed >> _REST)
        on = left > _WORD
        active, at, left = active[on], at[on] + _WORD, left[on] - _WORD
    return found


def _addresses(of: Texts) -> Tokens:
    runs = _runs(of, _V4_RUN)
    free = ~_TOUCHES[_before(of, runs)] & ~_TOUCHES[_behind(of, runs)]  # `7.113.0.203.in-addr.arpa` is a name
    four = _without_dots(of, _kept(runs, free))
    size = four.end - four.start
    six = _without_dots(of, _runs(of, _V6_RUN))
    colons = _count(of, six, _COLON)
    return _joined(
        _kept(four, (size >= _V4[0]) & (size <= _V4[1])),
        _kept(six, (colons > 1) & (six.end - six.start <= _V6_BYTES)),
    )


def _hosts(of: Texts) -> Tokens:
    words = _runs(of, _NAME_RUN)
    before = _before(of, words)
    data, scheme = of.data, words.start - 3 >= of.offsets[words.owner]
    at = np.maximum(words.start, 3)
    scheme &= (data[at - 3] == _COLON) & (data[at - 2] == ord("/")) & (data[at - 1] == ord("/"))
    outside = (~_INSIDE_PATH[before] | scheme) & (_behind(of, words) != ord("@"))
    named = _without_dots(of, _kept(words, outside))
    return _kept(named, (_count(of, named, _DOT) > 0) & (named.end - named.start <= _NAME_BYTES))


def _domains(of: Texts) -> Tokens:
    """Each name, and the names above it that have a dot still."""
    names = _hosts(of)
    if not len(names.start):
        return names
    dots = np.flatnonzero(of.data[: of.length] == _DOT)
    word = np.searchsorted(names.start, dots, "right") - 1
    inside = (word >= 0) & (dots < names.end[word])
    dots, word = dots[inside], word[inside]
    above = np.flatnonzero(word[:-1] == word[1:])
    dots, word = dots[above] + 1, word[above]
    return _joined(names, Tokens(dots, names.end[word], names.owner[word]))


def _hashes(of: Texts) -> Tokens:
    runs = _runs(of, _HEX_RUN)
    return _kept(runs, np.isin(runs.end - runs.start, _HASHES))


def _wholes(of: Texts) -> Tokens:
    whole = Tokens(of.offsets[:-1].copy(), of.offsets[1:].copy(), np.arange(len(of.offsets) - 1))
    size = whole.end - whole.start
    return _kept(whole, (size > 0) & (size <= limits.INDICATOR_BYTES))


def _paths(of: Texts) -> Tokens:
    whole = _wholes(of)
    return _joined(whole, _behind_last(of, whole, _SEPARATORS))


def _accounts(of: Texts) -> Tokens:
    words = _runs(of, _ACCOUNT_RUN)
    both = _joined(_wholes(of), _kept(words, words.end - words.start <= limits.INDICATOR_BYTES))
    return _joined(both, _behind_last(of, both, _BACKSLASH))


TOKENS: Mapping[str, Callable[[Texts], Tokens]] = MappingProxyType(
    {
        "ip": _addresses,
        "domain": _domains,
        "hash": _hashes,
        "file": _paths,
        "account": _accounts,
        "service": _wholes,
        "task": _paths,
        "host": _hosts,
    }
)
"""How each kind's tokens are found."""


def _runs(of: Texts, wanted: _Bools) -> Tokens:
    """The longest runs of some characters; none goes over the border of two values."""
    mask = wanted[of.data[: of.length]]
    begins, ends = mask.copy(), mask.copy()
    begins[1:] &= ~mask[:-1]
    ends[:-1] &= ~mask[1:]
    borders = of.offsets[(of.offsets > 0) & (of.offsets < of.length)]
    begins[borders] = mask[borders]
    ends[borders - 1] = mask[borders - 1]
    start = np.flatnonzero(begins)
    return Tokens(start, np.flatnonzero(ends) + 1, np.searchsorted(of.offsets, start, "right") - 1)


def _before(of: Texts, tokens: Tokens) -> npt.NDArray[np.uint8]:
    """The byte before each token, 0 where the value begins."""
    inside = tokens.start > of.offsets[tokens.owner]
    return np.where(inside, of.data[np.maximum(tokens.start - 1, 0)], 0).astype(np.uint8)


def _behind(of: Texts, tokens: Tokens) -> npt.NDArray[np.uint8]:
    """The byte behind each token, 0 where the value ends."""
    inside = tokens.end < of.offsets[tokens.owner + 1]
    return np.where(inside, of.data[tokens.end], 0).astype(np.uint8)


def _without_dots(of: Texts, tokens: Tokens) -> Tokens:
    """Without one dot at the beginning and one at the end."""
    start = tokens.start + (of.data[tokens.start] == _DOT)
    end = tokens.end - ((of.data[tokens.end - 1] == _DOT) & (tokens.end > start))
    return _kept(Tokens(start, end, tokens.owner), end > start)


def _count(of: Texts, tokens: Tokens, character: int) -> Ints:
    """How often a character stands in each token."""
    total = np.concatenate([[0], np.cumsum(of.data == character, dtype=np.int64)])
    counted: Ints = total[tokens.end] - total[tokens.start]
    return counted


def _behind_last(of: Texts, tokens: Tokens, separators: _Bools) -> Tokens:
    """What is behind the last separator of the tokens that have one."""
    places = np.flatnonzero(separators[of.data[: of.length]])
    if not len(places):
        return _kept(tokens, np.zeros(len(tokens.start), np.bool_))
    last = places[np.maximum(np.searchsorted(places, tokens.end) - 1, 0)]
    inside = (last >= tokens.start) & (last < tokens.end - 1)
    return Tokens(last[inside] + 1, tokens.end[inside], tokens.owner[inside])


def _kept(tokens: Tokens, wanted: _Bools) -> Tokens:
    return Tokens(tokens.start[wanted], tokens.end[wanted], tokens.owner[wanted])


def _joined(one: Tokens, other: Tokens) -> Tokens:
    pairs = ((one.start, other.start), (one.end, other.end), (one.owner, other.owner))
    return Tokens(*(np.concatenate(pair) for pair in pairs))
