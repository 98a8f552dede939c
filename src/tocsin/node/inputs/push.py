"""HTTP push: a body of lines, most often NDJSON, becomes durable before it is acknowledged.

Rules:
1. `202` with a receipt comes after the lines are on the disk, never before. A body that broke off adds nothing.
2. `Idempotency-Key` names a body: the same key of the same sender again adds nothing, for a week. The key stands for
   the sender's promise that it is the same body; the node does not compare.
3. 429: this sender's share is taken. 503: the journal is full, or its disk. Both say when to come back.
4. Lines over a bound are left out and counted in the receipt; a body of nothing else is 400. An empty body is a
   receipt for no lines.
"""

import asyncio
from collections.abc import AsyncIterable, Mapping
from http import HTTPStatus

import msgspec

from tocsin import limits
from tocsin.errors import StateError
from tocsin.node.inputs.answers import Answer, NotTaken, problem
from tocsin.node.inputs.body import read_body
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.lines import Judged, judged
from tocsin.node.journal.records import Stream
from tocsin.node.journal.writer import JournalFull

WAY = "push"
CONTENT_TYPES = frozenset(
    {
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
        "application/json", "text/plain",
    }
)  # fmt: skip
_ARRAY = "application/json"
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


async def push(intake: Intake, stream: Stream, parts: AsyncIterable[bytes], headers: Mapping[str, str]) -> Answer:
    """The answer to one push. `headers` has lower-case names. What `parts` raises when the client goes is passed on."""
    try:
        return await _pushed(intake, stream, parts, headers)
    except NotTaken as error:
        count_refusal(intake, WAY, stream, error)
        return problem(error)


def count_refusal(intake: Intake, input_name: str, stream: Stream, error: NotTaken) -> None:
    """A body that was not taken, in the counters."""
    if error.status in _BUSY:
        intake.counters.deferred(input_name, stream)
    else:
        large = error.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        intake.counters.rejected(input_name, stream, Reason.LARGE if large else Reason.BODY)


def busy(error: StateError) -> NotTaken:
    """The answer when the journal cannot take it: its reason stays inside the node (ASVS 5 V16)."""
    why = "the journal is full" if isinstance(error, JournalFull) else "the node cannot write at this moment"
    return NotTaken(HTTPStatus.SERVICE_UNAVAILABLE, why, "Send it again in a while.")


async def _pushed(intake: Intake, stream: Stream, parts: AsyncIterable[bytes], headers: Mapping[str, str]) -> Answer:
    """1. Look at the headers; 2. read within the share; 3. judge the lines; 4. append; 5. tell."""
    kind = _content_type(headers)
    key = _key(headers)
    with intake.shares.hold(stream.id) as hold:
        body = await read_body(parts, headers, hold)
        lines = await asyncio.to_thread(judged, body, may_be_array=kind == _ARRAY)
        _count(intake, stream, lines)
        if not lines.lines and lines.left_out:
            raise NotTaken(
                HTTPStatus.BAD_REQUEST, "every line is too long or nests too deeply", "Send shorter records."
            )
        if not lines.lines:
            return _receipt(lines, 0, repeated=False)
        try:
            receipt = await intake.append(WAY, stream, lines.data, lines.lines, key)
        except StateError as error:
            raise busy(error) from error
    return _receipt(lines, receipt.lines, repeated=receipt.repeated)


def _content_type(headers: Mapping[str, str]) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise NotTaken(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is not of a type that is taken here",
            "Send Content-Type: application/x-ndjson, a record a line.",
        )  # fmt: skip
    return kind


def _key(headers: Mapping[str, str]) -> str | None:
    """Rule 2."""
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= limits.RECEIPT_KEY_CHARACTERS:
        raise NotTaken(
            HTTPStatus.BAD_REQUEST, "the Idempotency-Key is empty or too long",
            f"Use 1 to {limits.RECEIPT_KEY_CHARACTERS} characters, such as a UUID.",
        )  # fmt: skip
    return key


def _count(intake: Intake, stream: Stream, lines: Judged) -> None:
    if lines.lines + lines.left_out:
        intake.counters.received(WAY, stream, lines.lines + lines.left_out)
    intake.counters.rejected(WAY, stream, Reason.TOO_LONG, lines.too_long)
    intake.counters.rejected(WAY, stream, Reason.TOO_DEEP, lines.too_deep)


def _receipt(lines: Judged, durable: int, *, repeated: bool) -> Answer:
    told = {"lines": durable, "rejected": lines.left_out, "repeated": repeated}
    return Answer(HTTPStatus.ACCEPTED, msgspec.json.encode(told))
