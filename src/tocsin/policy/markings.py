"""How far information may be passed on (TLP 2.0) and what may be done with it (PAP), and whether somebody may have it.

Rules:
1. Traffic Light Protocol 2.0 (FIRST, August 2022), strictest first: TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN,
   TLP:CLEAR. Permissible Actions Protocol (MISP taxonomy `PAP`, version 3): PAP:RED, PAP:AMBER, PAP:GREEN, PAP:CLEAR.
   WHITE, of TLP 1 and of old PAP, is read as CLEAR and never written.
2. A label that is not known, or two different ones in one place, is an error (UnknownMarking): who gets it tells
   nobody. Upper and lower case and blanks around do not matter.
3. Of several markings the strictest counts, for TLP and PAP each by itself. So the result is never looser than an
   input.
4. Whoever marks information chooses its recipients, whatever the label. Whoever received it is bound by the label
   (`received`): RED goes no further, AMBER+STRICT within one's own organisation, AMBER also to its clients, GREEN to
   the community, CLEAR to everybody (TLP 2.0 §4).
5. An audience says which label it has agreed to handle (`limit`). What is marked more strictly does not go to it, and
   without a limit nothing does.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from tocsin.errors import UsageError
from tocsin.words.messages import say


class Tlp(IntEnum):
    """How far it may be passed on. A greater number is stricter."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def label(self) -> str:
        """As it is written, `TLP:AMBER+STRICT`: upper case, without a blank (TLP 2.0 §3)."""
        return f"TLP:{self.name.replace('_', '+')}"


class Pap(IntEnum):
    """What may be done with it. A greater number is stricter."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    RED = 3

    @property
    def label(self) -> str:
        """As it is written, `PAP:AMBER`."""
        return f"PAP:{self.name}"


class Reach(IntEnum):
    """How far from this node an audience is. A greater number is farther."""

    ORGANISATION = 0  # people of the node's own organisation
    CLIENTS = 1  # whom the organisation serves: its constituents
    COMMUNITY = 2  # peers and partners
    EVERYBODY = 3


class UnknownMarking(UsageError):
    """A text that is no marking, or more than one: what carries it goes to nobody."""


@dataclass(frozen=True, slots=True)
class Marking:
    """What a piece of information is marked with. `received`: the strictest label that others gave a part of it."""

    tlp: Tlp
    pap: Pap = Pap.CLEAR
    received: Tlp = Tlp.CLEAR

    def __str__(self) -> str:
        return f"{self.tlp.label} {self.pap.label}"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who would get it: a name for the reason, how far away, and the strictest label that it has agreed to handle."""

    name: str
    reach: Reach
    limit: Tlp | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether it may go there, and why not."""

    allowed: bool
    reason: str = ""


USUAL = Marking(Tlp.AMBER, Pap.GREEN)
"""Of a node whose configuration says nothing. GREEN: whoever is told of an attack at his own place may block it."""

_FARTHEST: Mapping[Tlp, Reach | None] = MappingProxyType(
    {
        Tlp.RED: None,
        Tlp.AMBER_STRICT: Reach.ORGANISATION,
        Tlp.AMBER: Reach.CLIENTS,
        Tlp.GREEN: Reach.COMMUNITY,
        Tlp.CLEAR: Reach.EVERYBODY,
    }
)
"""How far a recipient may pass it on. Rule 4."""

STIX_TLP2: Mapping[Tlp, str] = MappingProxyType(
    {
        Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
)
"""STIX 2.1 ids of TLP 2.0: OASIS, cti-stix-common-objects, extension-definition-specifications/tlp-2.0."""
STIX_TLP2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
STIX_TLP1: Mapping[str, Tlp] = MappingProxyType(
    {
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,  # white
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
    }
)
"""STIX 2.1 §7.2.1.4: the ids of TLP 1. They are read, never written."""

_TLP = {level.label: level for level in Tlp} | {"TLP:WHITE": Tlp.CLEAR}
_PAP = {level.label: level for level in Pap} | {"PAP:WHITE": Pap.CLEAR}
_BY_STIX = {id: level for level, id in STIX_TLP2.items()} | dict(STIX_TLP1)
_SHOWN_CHARACTERS = 60  # of a text that is no marking
_ADVICE = (
    f"Write one of {', '.join(level.label for level in reversed(Tlp))}, "
    f"and if you like one of {', '.join(level.label for level in reversed(Pap))}."
)


def tlp_named(text: str) -> Tlp:
    """`TLP:AMBER+STRICT`, or without `TLP:`. Raises UnknownMarking.

    >>> tlp_named("tlp:white"), tlp_named(" AMBER+STRICT ")
    (<Tlp.CLEAR: 0>, <Tlp.AMBER_STRICT: 3>)
    """
    return _TLP[_label(text, "TLP:", _TLP)]


def pap_named(text: str) -> Pap:
    """`PAP:GREEN`, or without `PAP:`. Raises UnknownMarking."""
    return _PAP[_label(text, "PAP:", _PAP)]


def parse_marking(text: str, usual: Marking = USUAL) -> Marking:
    """A TLP label, a PAP label or both, with blanks or commas between; what is not said is as `usual` has it.

    Raises UnknownMarking for anything else, also for a label that stands twice and differently.

    >>> str(parse_marking("PAP:RED TLP:GREEN"))
    'TLP:GREEN PAP:RED'
    """
    labels = [part.upper() for part in re.split(r"[\s,;]+", text) if part]
    tlps = {tlp_named(label) for label in labels if not label.startswith("PAP:")}
    paps = {pap_named(label) for label in labels if label.startswith("PAP:")}
    if not labels or len(tlps) > 1 or len(paps) > 1:
        raise _unknown(text)
    return Marking(next(iter(tlps), usual.tlp), next(iter(paps), usual.pap))


def received_marking(text: str) -> Marking:
    """What somebody else has marked his information with. Raises UnknownMarking."""
    marking = parse_marking(text, Marking(Tlp.CLEAR))
    return Marking(marking.tlp, marking.pap, marking.tlp)


def of_stix(ids: Iterable[str]) -> Marking:
    """The marking that `object_marking_refs` name. Raises UnknownMarking for an id that is none of TLP's, or no id."""
    found = []
    for each in ids:
        if each not in _BY_STIX:
            raise _unknown(each)
        found.append(_BY_STIX[each])
    if not found:
        raise _unknown("")
    return Marking(max(found), received=max(found))


def strictest(first: Marking, *others: Marking) -> Marking:
    """Rule 3."""
    every = (first, *others)
    return Marking(max(m.tlp for m in every), max(m.pap for m in every), max(m.received for m in every))


def may_go_to(marking: Marking, audience: Audience) -> Permission:
    """Whether what is marked so may go to an audience. Rules 4 and 5."""
    name, label = audience.name, marking.tlp.label
    if audience.limit is None:
        return Permission(False, say("{name} has agreed to no marking, so nothing goes there.", name=name))
    if marking.tlp > audience.limit:
        told = say("It is {label}, and {name} takes at most {limit}.", label=label, name=name,
                   limit=audience.limit.label)  # fmt: skip
        return Permission(False, told)
    farthest = _FARTHEST[marking.received]
    if farthest is None or audience.reach > farthest:
        told = say("A part of it was received as {label}, which may not be passed on to {name}.",
                   label=marking.received.label, name=name)  # fmt: skip
        return Permission(False, told)
    return Permission(True)


def _label(text: str, prefix: str, known: Mapping[str, object]) -> str:
    wanted = text.strip().upper()
    label = wanted if wanted.startswith(prefix) else f"{prefix}{wanted}"
    if label not in known:
        raise _unknown(text)
    return label


def _unknown(text: str) -> UnknownMarking:
    return UnknownMarking(f"{text[:_SHOWN_CHARACTERS]!r} is no marking", _ADVICE)
