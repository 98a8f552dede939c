"""The API's rows for what machines send: `POST /api/v1/push` and OTLP's `POST /v1/logs`.

Who sends is what the machine token says. `?reader=NAME` tells what is in a push (`tocsin source test` names readers),
so one token may push several kinds: the lines for each reader are a stream.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tocsin import limits
from tocsin.lake.catalog import Origin
from tocsin.node.api.context import ApiContext
from tocsin.node.api.endpoint import Endpoint
from tocsin.node.api.problems import Refused
from tocsin.node.inputs import otlp, push
from tocsin.node.inputs.answers import Answer
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import SenderRule, read_by, token_sender
from tocsin.node.journal.records import Stream
from tocsin.node.people.principal import Machine, Principal
from tocsin.telemetry.registry import READERS

PUSH_PATH = "/api/v1/push"
OTLP_PATH = "/v1/logs"  # OTLP 1.x §OTLP/HTTP Request
_READERS = frozenset(reader.name for reader in READERS if reader.lines)
_Take = Callable[[Request, Stream], Awaitable[Answer]]


def endpoints(intake: Intake, rules: Sequence[SenderRule] = ()) -> tuple[Endpoint, ...]:
    """The rows for `create_app(context, more=…)`. `rules` are those that give a token its reader."""

    async def pushed(request: Request, stream: Stream) -> Answer:
        return await push.push(intake, _chosen(request, stream), request.stream(), _headers(request))

    async def exported(request: Request, stream: Stream) -> Answer:
        return await otlp.export_logs(intake, stream, request.stream(), _headers(request))

    return (
        Endpoint("POST", PUSH_PATH, "push", stream=_from_machine(push.WAY, rules, pushed)),
        Endpoint("POST", OTLP_PATH, "otlp", stream=_from_machine(otlp.WAY, rules, exported)),
    )


def _from_machine(
    way: str, rules: Sequence[SenderRule], take: _Take
) -> Callable[[Request, ApiContext, Principal], Awaitable[Response]]:
    async def handle(request: Request, _context: ApiContext, principal: Principal) -> Response:
        if not isinstance(principal, Machine):
            raise Refused(HTTPStatus.FORBIDDEN, "this is for machines", "Use a machine token with the scope for it.")
        token = principal.token
        stream = token_sender(way, Origin(token.organisation, token.network, token.sensor), token.id, rules)
        try:
            answer = await take(request, stream)
        except ClientDisconnect as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "the body ended early", "Send it again.") from error
        return Response(answer.body, answer.status, answer.headers, answer.content_type)

    return handle


def _chosen(request: Request, stream: Stream) -> Stream:
    reader = request.query_params.get("reader", "")
    if not reader:
        return stream
    if reader not in _READERS:
        shown = reader[: limits.FIELD_NAME_CHARACTERS]
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"there is no reader of lines called {shown!r}", "docs/readers.md lists them."
        )
    return read_by(stream, reader)


def _headers(request: Request) -> dict[str, str]:
    """Names in lower case; a header that comes twice as one list (RFC 9110 §5.3)."""
    names = {name.lower() for name in request.headers}
    return {name: ", ".join(request.headers.getlist(name)) for name in names}
