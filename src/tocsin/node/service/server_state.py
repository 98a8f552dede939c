"""What the server process tells of itself and of the node: its note for `node status`, and the API's status."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import msgspec

from tocsin import clock
from tocsin.node.inputs.counters import Counts
from tocsin.node.inputs.listeners import Listeners
from tocsin.node.inputs.losses import Loss, Losses, read_losses
from tocsin.node.journal.writer import Journal
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import PARTS, SERVER, read_state
from tocsin.node.service.processes import SUPERVISOR
from tocsin.node.service.reconfiguring import Reconfiguring
from tocsin.node.service.silence import Watch
from tocsin.node.service.switchboard import Switchboard

_AT_THE_TOP = frozenset({"sensors", "retired", "inputs", "losses", "switches"})
"""Of a status; not once more below its process."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """Everything that is asked when somebody wants to know."""

    folder: NodeFolder
    configured: Reconfiguring
    journal: Journal
    syslog: Listeners
    watch: Watch
    board: Switchboard
    losses: Losses
    trouble: dict[str, str]

    def note(self) -> dict[str, object]:
        """What the process leaves for others."""
        return {
            "switches": self.board.told,
            "inputs": self._inputs(),
            "losses": self.lost(),
            "sensors": self.watch.told,
            "retired": self.watch.retired,
            "trouble": dict(self.trouble),
            "config_problem": self.configured.problem,
            "needs_restart": list(self.configured.restart),
        }

    def status(self) -> dict[str, object]:
        """What `status` shows: each process's own word, and what waits."""
        node = self.configured.config.node
        return {
            "name": node.name,
            "organisation": node.organisation,
            "time": clock.now().isoformat(),
            "waiting_bytes": sum(self.journal.unread().values()),
            "paused": read_state(self.folder, SUPERVISOR).get("paused", {}),
            **self.note(),
            "switches": [_nameless(each) for each in self.board.told],
            "retired": [_nameless(each) for each in self.watch.retired],
            "parts": {name: _rest(read_state(self.folder, name)) for name in PARTS},
        }

    def lost(self) -> object:
        """What was lost or refused at the inputs in the last day; the next run reads it again."""
        return msgspec.to_builtins(self.losses.look(self.syslog.counts, clock.now()))

    def _inputs(self) -> list[dict[str, object]]:
        return [encoded(each) for each in self.syslog.counts()]


def losses_left(folder: NodeFolder) -> list[Loss]:
    """What the run before has left; none where that cannot be read."""
    try:
        return read_losses(read_state(folder, SERVER).get("losses", []))
    except msgspec.ValidationError:
        return []


def _nameless(told: Mapping[str, object]) -> dict[str, object]:
    """Without the name of the account: machines read the status too."""
    return {name: value for name, value in told.items() if name != "by"}


def _rest(state: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in state.items() if name not in _AT_THE_TOP}


def encoded(counts: Counts) -> dict[str, object]:
    """What an input counted, as plain values; nothing that is zero."""
    plain = {each.name: getattr(counts, each.name) for each in fields(counts) if each.name != "origin"}
    plain |= {} if counts.origin is None else asdict(counts.origin)
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items() if value}
