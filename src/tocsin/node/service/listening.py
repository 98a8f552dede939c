"""The configured syslog inputs as the inputs take them."""

from collections.abc import Mapping

from tocsin.errors import ConfigError
from tocsin.node.inputs.sender import Protocol, SenderRule, SyslogInput, TlsFiles
from tocsin.node.service.config import Config, NodeFolder, SyslogTable, below, watch_origin

_PROTOCOLS: Mapping[str, Protocol] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


def syslog_inputs(folder: NodeFolder, config: Config) -> list[SyslogInput]:
    """An input for each `[[syslog]]` of the configuration. Raises ConfigError."""
    return [_syslog(folder, config, table) for table in config.syslog]


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
