"""All syslog listeners of a node, started and stopped together, and what all inputs counted."""

from collections.abc import Iterable

from tocsin.node.inputs.counters import Counts
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import SyslogInput
from tocsin.node.inputs.syslog_tcp import SyslogTcp
from tocsin.node.inputs.syslog_udp import SyslogUdp


class Listeners:
    """The configured listeners. For one event loop."""

    def __init__(self, inputs: Iterable[SyslogInput], intake: Intake) -> None:
        """Raises ConfigError for settings that cannot be used."""
        self._intake = intake
        self._udp: list[SyslogUdp] = []
        self._tcp: list[SyslogTcp] = []
        for settings in inputs:
            if settings.protocol == "udp":
                self._udp.append(SyslogUdp(settings, intake))
            else:
                self._tcp.append(SyslogTcp(settings, intake))

    async def start(self) -> None:
        """Listen everywhere. ConfigError when one cannot; then none does."""
        try:
            for listener in self._all:
                await listener.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop all; what was read is in the journal then. Stop before the journal closes."""
        for listener in self._all:
            await listener.stop()

    @property
    def ports(self) -> tuple[int, ...]:
        """Where they listen: UDP first, each in the order of the configuration."""
        return tuple(listener.port for listener in self._all)

    @property
    def _all(self) -> tuple[SyslogUdp | SyslogTcp, ...]:
        return (*self._udp, *self._tcp)

    def counts(self) -> tuple[Counts, ...]:
        """What every input counted, the kernel's drops of this moment included."""
        for listener in self._udp:
            listener.note_kernel_drops()
        return self._intake.counters.snapshot()
