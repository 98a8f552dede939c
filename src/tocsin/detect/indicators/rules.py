"""What people are told where an indicator was met: one rule for each kind, level, source, techniques and marking.

A rule has the marking of its indicators, so that what a finding was found by is told to nobody who may not have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tocsin.model import RuleInfo
from tocsin.words.messages import mark, say

PREFIX = "indicator:"
PAST = "indicator-past:"
"""The same rule for what the lake remembered when the indicator came."""

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
        """`indicator:ip:high:SOURCE`, with the techniques and the marking behind it where there are any."""
        behind = filter(None, ("+".join(self.attack), self.marking))
        return ":".join((f"{PREFIX}{self.kind}:{self.level}:{self.source}", *behind))

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
