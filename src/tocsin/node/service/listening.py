"""The configured inputs of the network: HTTP push and OTLP in the API, syslog beside it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tocsin.errors import ConfigError
from tocsin.lake.catalog import Origin
from tocsin.node.api.context import ApiContext
from tocsin.node.api.endpoint import Endpoint
from tocsin.node.inputs import otlp, push
from tocsin.node.inputs.answers import Answer
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import Protocol, SenderRule, SyslogInput, TlsFiles, sender_of
from tocsin.node.inputs.syslog_tcp import SyslogTcp
from tocsin.node.inputs.syslog_udp import SyslogUdp
from tocsin.node.journal.records import Stream
from tocsin.node.people.principal import Machine, Principal
from tocsin.node.service.config import Config, NodeFolder, SyslogTable, below, watch_origin

CLIENT_LEFT = 499  # nobody is there to read it
Take = Callable[[Intake, Stream, AsyncIterator[bytes], Mapping[str, str]], Awaitable[Answer]]
Listener = SyslogTcp | SyslogUdp
_PROTOCOLS: Mapping[str, Protocol] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


def push_endpoints(intake: Intake) -> list[Endpoint]:
    """Where machines send with their token; it says whose lines they are."""
    return [
        Endpoint("POST", "/api/v1/push", "push", stream=_taking(intake, push.WAY, push.push)),
        Endpoint("POST", "/v1/logs", "otlp", stream=_taking(intake, otlp.WAY, otlp.export_logs)),
    ]


def _taking(intake: Intake, way: str, take: Take) -> Callable[[Request, ApiContext, Principal], Awaitable[Response]]:
    async def taken(request: Request, context: ApiContext, principal: Principal) -> Response:
        assert isinstance(principal, Machine)  # the permission table lets nobody else here
        token = principal.token
        stream = sender_of(way, Origin(token.organisation, token.network, token.sensor))
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            answer = await take(intake, stream, request.stream(), headers)
        except ClientDisconnect:
            return Response(status_code=CLIENT_LEFT)
        return Response(answer.body, int(answer.status), dict(answer.headers), answer.content_type)

    return taken


def listeners(folder: NodeFolder, config: Config, intake: Intake) -> list[Listener]:
    """A syslog listener for each table of the configuration."""
    found: list[Listener] = []
    for table in config.syslog:
        settings = _syslog(folder, config, table)
        found.append(SyslogUdp(settings, intake) if table.protocol == "udp" else SyslogTcp(settings, intake))
    return found


async def start(all_listeners: Sequence[Listener]) -> None:
    """Take all ports. ConfigError names the one that cannot be had."""
    for each in all_listeners:
        try:
            await each.start()
        except OSError as error:
            raise ConfigError(
                f"syslog cannot listen: {error.strerror}", "Choose another port, or end what has it."
            ) from error


def _syslog(folder: NodeFolder, config: Config, table: SyslogTable) -> SyslogInput:
    host, _, port = table.listen.rpartition(":")
    if not port.isdecimal():
        raise ConfigError(f"syslog: {table.listen!r} is no address and port", "Write it like 127.0.0.1:5514.")
    rules = []
    for sender in table.senders:
        origin = watch_origin(config, sender)
        rules.append(
            SenderRule(
                origin.organisation, origin.network, origin.sensor, sender.reader, sender.address, sender.fingerprint
            )
        )
    tls = None
    if table.protocol == "tls":
        authority = below(folder, table.client_authority) if table.client_authority else None
        tls = TlsFiles(below(folder, table.certificate), below(folder, table.key), authority)
    return SyslogInput(host.strip("[]"), int(port), _PROTOCOLS[table.protocol], tuple(rules), tls)
