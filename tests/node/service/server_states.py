"""What the server of a node tells, without a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tocsin import limits
from tocsin.node.inputs.counters import Counters
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.listeners import Listeners
from tocsin.node.inputs.losses import Losses
from tocsin.node.journal.writer import Journal
from tocsin.node.service.reconfiguring import Reconfiguring
from tocsin.node.service.server_state import ServerState, losses_left
from tocsin.node.service.silence import Watch
from tocsin.node.service.switchboard import Switchboard
from tocsin.node.upkeep.shell import OpenNode


@contextmanager
def state_of(node: OpenNode, counters: Counters | None = None) -> Iterator[ServerState]:
    """What the server of a node tells of what was counted."""
    journal = Journal(node.folder.journal, limits.JOURNAL_BYTES)
    intake = Intake(journal, counters)
    watch = Watch(node.folder.lake, node.store, "n", timedelta(minutes=30))
    yield ServerState(
        node.folder, Reconfiguring(node.folder, node.config), journal, Listeners([], intake), watch,
        Switchboard(node.store), Losses(losses_left(node.folder)), {},
    )  # fmt: skip
    journal.close()
