"""What a node's inputs lost or refused in the last day: from what the server left, to lines."""

from datetime import datetime

import msgspec

from tocsin.errors import StateError
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.losses import KERNEL, TOLD, Loss, read_losses
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import SERVER, read_state
from tocsin.words.dates import utc
from tocsin.words.messages import first_few, grouped, say

SHOWN = 5  # in one line


def losses(folder: NodeFolder, now: datetime) -> tuple[Loss, ...]:
    """Those of the last day, the newest first. StateError where the server left something else."""
    try:
        found = read_losses(read_state(folder, SERVER).get("losses", []))
    except msgspec.ValidationError as error:
        raise StateError("what the server told last cannot be read", "Start the node again.") from error
    newest = sorted(found, key=lambda loss: loss.last, reverse=True)
    return tuple(loss for loss in newest if now - loss.last <= TOLD)


def told(found: tuple[Loss, ...]) -> list[tuple[str, str]]:
    """What was seen, with what to do: of the kernel, of those that are not listed, of what else was refused."""
    kernel = [loss for loss in found if loss.what == KERNEL]
    unlisted = [loss for loss in found if loss.what == Reason.UNLISTED]
    others = [loss for loss in found if loss not in kernel and loss not in unlisted]
    lines = []
    if kernel:
        advice = say("Raise net.core.rmem_max and restart the node, or send by TCP or TLS.")
        lines.append((say("The kernel lost messages: {losses}.", losses=_listed(kernel)), advice))
    if unlisted:
        advice = say("List the sender in tocsin.toml, or find out who sends there.")
        lines.append((say("Somebody sends who is not listed: {losses}.", losses=_listed(unlisted)), advice))
    if others:
        advice = say("See to these senders: docs/inputs.md has what is taken, and settings for them.")
        lines.append((say("Something was refused: {losses}.", losses=_listed(others)), advice))
    return lines


def _listed(found: list[Loss]) -> str:
    return first_few([_loss(each) for each in found], SHOWN)


def _loss(loss: Loss) -> str:
    where = " ".join(part for part in (loss.input, loss.sender) if part)
    count, since = grouped(loss.count), utc(loss.first)
    if loss.addresses:
        names = first_few(loss.addresses, SHOWN)
        return say("{where} ({count} since {since}, from {names})", where=where, count=count, since=since, names=names)
    if loss.what in (KERNEL, Reason.UNLISTED):
        return say("{where} ({count} since {since})", where=where, count=count, since=since)
    return say("{where} ({count} since {since}: {why})", where=where, count=count, since=since, why=loss.what)
