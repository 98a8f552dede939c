"""A check as a signed document, so that who receives it (an auditor, a parent organisation) can rely on it."""

from collections.abc import Sequence
from datetime import datetime

from tocsin.ledger.entry import spelled
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.check import Line, fails
from tocsin.node.upkeep.documents import signed_document
from tocsin.node.upkeep.keys import Purpose, load_signer

CHECK = "check"  # the type of the document


def signed_lines(folder: NodeFolder, lines: Sequence[Line], time: datetime) -> bytes:
    """The lines as a signed document; ConfigError where the node has no key that signs."""
    told = [{"name": line.name, "result": str(line.result), "seen": line.seen, "advice": line.advice} for line in lines]
    fields = {"time": spelled(time), "in_order": not fails(lines), "lines": told}
    return signed_document(load_signer(folder, Purpose.DOCUMENTS), CHECK, fields)
