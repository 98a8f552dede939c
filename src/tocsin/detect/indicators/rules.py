"""What people are told where an indicator was met: one rule for each kind, level, source, ATT&CK techniques, marking.

A finding is told to others as far as its rule's marking allows (policy.markings); a source that says what is no marking
keeps it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from tocsin.detect.indicators.entry import Entry, level_of
from tocsin.model import RuleInfo
from tocsin.policy.markings import Pap, UnknownMarking, received_marking
from tocsin.words.messages import mark, say

PREFIX = "indicator:"
PAST = "indicator-past:"
"""The same rule for what the lake remembered when the indicator came."""
UNKNOWN = "unknown"  # which is no marking, so nobody is told

_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "ip": mark("An address that {source} warned about"),
        "domain": mark("A domain that {source} warned about"),
        "uri": mark("A URL that {source} warned about"),
        "hash": mark("A file, by its hash, that {source} warned about"),
        "file": mark("A file name that {source} warned about"),
        "account": mark("An account that {source} warned about"),
        "service": mark("A service that {source} warned about"),
        "task": mark("A scheduled task that {source} warned about"),
    }
)
_BENIGN: Mapping[str, str] = MappingProxyType(
    {
        "ip": mark("An address serves many names and changes hands: the warning may be about its former use."),
        "domain": mark("A name on a shared platform may serve others too."),
        "uri": mark("A hacked site serves its own visitors beside the intruder's page."),
        "hash": mark("The file may have been looked at or stored for analysis, not run."),
        "file": mark("Another program may have the same file name."),
        "account": mark("Another person may have the same account name."),
        "service": mark("Another program may have the same service name."),
        "task": mark("Another program may have the same task name."),
    }
)


@dataclass(frozen=True, slots=True)
class Warned:
    """What makes one rule."""

    kind: str
    level: str
    source: str
    attack: tuple[str, ...] = ()
    marking: str = ""

    @property
    def id(self) -> str:
        """`indicator:ip:high:SOURCE`, with techniques and marking behind it where there are any."""
        more = filter(None, ("+".join(self.attack), self.marking.replace(" ", ":")))
        return ":".join([f"{PREFIX}{self.kind}:{self.level}:{self.source}", *more])

    def info(self, past: bool = False) -> RuleInfo:
        """What people are told about it."""
        title = say(_TITLES[self.kind], source=self.source)
        return RuleInfo(
            id=self.id.replace(PREFIX, PAST, 1) if past else self.id,
            title=say("Before the warning came: {title}", title=title) if past else title,
            level=self.level,
            description=say("It stands in the indicators that were imported from {source}.", source=self.source),
            attack=self.attack,
            falsepositives=(say(_BENIGN[self.kind]),),
            author=self.source,
            marking=self.marking,
        )


def warned_by(entry: Entry) -> Warned:
    """The rule of an entry."""
    return Warned(entry.indicator.kind, level_of(entry.confidence), entry.source, entry.attack, marked(entry.marking))


@lru_cache(maxsize=1_000)
def marked(text: str) -> str:
    """A marking in few spellings: whoever reads it need not bound how many rules a file makes.

    >>> marked("tlp:white"), marked("TLP:RED PAP:AMBER"), marked("marking-definition--1")
    ('TLP:CLEAR', 'TLP:RED PAP:AMBER', 'unknown')
    """
    if not text.strip():
        return ""
    try:
        found = received_marking(text)
    except UnknownMarking:
        return UNKNOWN
    return found.tlp.label if found.pap is Pap.CLEAR else str(found)
