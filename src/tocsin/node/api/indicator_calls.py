"""Endpoints for indicators: import a file, list what is kept, remove a source or a value.

A file comes packed (zlib, RFC 1950, in base64), and is unpacked within its bound. Each call lets an errand be done.
"""

import shutil
import tempfile
import zlib
from base64 import b64decode
from binascii import Error as NoBase64
from pathlib import Path

from starlette.responses import Response

from tocsin import limits
from tocsin.errors import LimitExceeded, UsageError
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import IndicatorsGone, IndicatorsSent
from tocsin.node.indicator_asked import Wanted
from tocsin.node.upkeep.errands import ImportIndicators, ListIndicators, RemoveIndicators

_PREFIX = "handed-"  # as of answers: what a killed server leaves goes when it starts


def import_them(call: Call) -> Response:
    """POST /indicators: take a file's indicators, look back for those that are new; what was left out is told."""
    sent = call.said(IndicatorsSent)
    data = _unpacked(sent.packed)
    call.node.folder.spool.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=call.node.folder.spool))
    try:
        path = folder / "indicators"
        path.write_bytes(data)
        done = call.errand(ImportIndicators(str(path.absolute()), sent.asked, call.person.actor))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return said({"imported": done})


def listed(call: Call) -> Response:
    """POST /indicators/list: what the node's lake keeps, by kind, source, value, age; a page at a time."""
    return said({"indicators": call.errand(ListIndicators(call.said(Wanted)))})


def remove(call: Call) -> Response:
    """POST /indicators/remove: remove all that a source gave, or a value of whatever source."""
    return said(call.errand(RemoveIndicators(call.said(IndicatorsGone).what, call.person.actor)))


def _unpacked(packed: str) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(b64decode(packed, validate=True), limits.INDICATOR_FILE_BYTES + 1)
    except (NoBase64, ValueError, zlib.error) as error:
        raise UsageError(f"the file is not packed as it has to be: {error}", "docs/api.md tells how.") from error
    if len(data) > limits.INDICATOR_FILE_BYTES:
        raise LimitExceeded(
            f"the file is larger than {limits.INDICATOR_FILE_BYTES // limits.MIB} MiB", "Split it into several files."
        )
    return data
