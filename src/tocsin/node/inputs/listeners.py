"""All syslog listeners of a node, started and stopped together, and what all inputs counted.

Rules:
1. Other settings are taken over as a whole or not at all: all of them are checked before anything changes, and when a
   new listener cannot begin, those of before go on.
2. A listener whose address and protocol stay is not closed: nothing is lost in between.
"""

from collections.abc import Iterable, Sequence

from tocsin.errors import ConfigError
from tocsin.node.inputs.counters import Counts
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import SyslogInput
from tocsin.node.inputs.syslog_tcp import SyslogTcp
from tocsin.node.inputs.syslog_udp import SyslogUdp

Listener = SyslogUdp | SyslogTcp


class Listeners:
    """The configured listeners. For one event loop."""

    def __init__(self, inputs: Iterable[SyslogInput], intake: Intake) -> None:
        """Raises ConfigError for settings that cannot be used."""
        self._intake = intake
        self._all = self._made(inputs)

    async def start(self) -> None:
        """Listen everywhere. ConfigError when one cannot; then none does."""
        try:
            for listener in self._all:
                await listener.start()
        except BaseException:
            await self.stop()
            raise

    async def use(self, inputs: Sequence[SyslogInput]) -> None:
        """Take over other settings while running. ConfigError, and the old ones go on, where they cannot be used.

        Steps: 1. check all; 2. close what is gone and in the way of a new one; 3. begin the new ones; 4. hand the
        others their settings; 5. close what is gone.
        """
        made = self._made(inputs)
        kept = {_place(new): old for new in made for old in self._all if _place(old) == _place(new)}
        new = [each for each in made if _place(each) not in kept]
        gone = [each for each in self._all if _place(each) not in kept]
        in_the_way = [each for each in gone if any(_same_port(each, other) for other in new)]
        for each in in_the_way:
            await each.stop()
        try:
            await self._begin(new)
        except ConfigError:
            again = self._made(each.settings for each in in_the_way)
            self._all = [each for each in self._all if each not in in_the_way] + again
            await self._begin(again)
            raise
        for each in made:
            if _place(each) in kept:
                await _take(kept[_place(each)], each)
        self._all = [kept.get(_place(each), each) for each in made]
        for each in gone:
            if each not in in_the_way:
                await each.stop()

    async def _begin(self, new: Sequence[Listener]) -> None:
        """Start some; when one cannot, none of them."""
        try:
            for each in new:
                await each.start()
        except BaseException:
            for each in new:
                await each.stop()
            raise

    async def stop(self) -> None:
        """Stop all; what was read is in the journal then. Stop before the journal closes."""
        for listener in self._all:
            await listener.stop()

    @property
    def ports(self) -> tuple[int, ...]:
        """Where they listen: UDP first, each in the order of the configuration."""
        return tuple(listener.port for listener in self._all)

    def counts(self) -> tuple[Counts, ...]:
        """What every input counted, the kernel's drops of this moment included."""
        for listener in self._all:
            if isinstance(listener, SyslogUdp):
                listener.note_kernel_drops()
        return self._intake.counters.snapshot()

    def _made(self, inputs: Iterable[SyslogInput]) -> list[Listener]:
        """Listeners that do not listen yet; ConfigError for settings that cannot be used."""
        settings = list(inputs)
        udp = [SyslogUdp(each, self._intake) for each in settings if each.protocol == "udp"]
        tcp = [SyslogTcp(each, self._intake) for each in settings if each.protocol != "udp"]
        made: list[Listener] = [*udp, *tcp]
        for number, each in enumerate(made):
            if each.settings.port and any(_place(each) == _place(other) for other in made[:number]):
                raise ConfigError(
                    f"{each.settings.name} stands twice among the syslog inputs", "Put its senders into one table."
                )
        return made


def _place(listener: Listener) -> tuple[str, int, str]:
    settings = listener.settings
    return settings.host, settings.port, settings.protocol


def _same_port(one: Listener, other: Listener) -> bool:
    return one.settings.port == other.settings.port and isinstance(one, SyslogUdp) is isinstance(other, SyslogUdp)


async def _take(old: Listener, new: Listener) -> None:
    match old, new:
        case SyslogUdp(), SyslogUdp():
            await old.take(new)
        case SyslogTcp(), SyslogTcp():
            await old.take(new)
