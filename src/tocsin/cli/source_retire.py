"""`tocsin source retire` and `return`: a sensor goes out of service and comes back, by a person's decision."""

from typing import Annotated

import typer
from msgspec import Struct

from tocsin.cli.node_options import Authority, Node
from tocsin.cli.node_sensors import place

Sensor = Annotated[str, typer.Argument(metavar="SENSOR", help="Its name, as in `tocsin node status`.")]
Organisation = Annotated[
    str | None, typer.Option("--organisation", help="Whose it is, where several have that name.", show_default=False)
]
Network = Annotated[
    str | None, typer.Option("--network", help="Of which network, where several have that name.", show_default=False)
]
Reason = Annotated[str, typer.Option("--reason", help="Why; the node keeps it.")]


class _Way(Struct, frozen=True):
    """A way by which the sensor could still come in, and how it is closed."""

    kind: str
    name: str
    advice: str


class _Id(Struct, frozen=True):
    organisation: str
    network: str
    name: str

    def __str__(self) -> str:
        return place(self.organisation, self.network, self.name)


class _Retirement(Struct, frozen=True):
    sensor: _Id


_WAYS = {
    "token": "Its token {name} is still valid.",
    "watch": "The node still follows {name} for it.",
    "syslog": "The node still listens to it: syslog {name}.",
}


def retire(
    sensor: Sensor,
    reason: Reason,
    organisation: Organisation = None,
    network: Network = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Take a sensor out of service: it is not judged any more, and nobody is told that it is silent.

    When something of it arrives all the same, that is told and it is in service again. For a lead or admin.

    Example: [bold]tocsin source retire fw-old --network office --reason "replaced by fw-2"[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.post("/sensors/retire", _said(sensor, organisation, network, reason))
    gone, ways = answer.part("retirement", _Retirement), answer.part("ways", list[_Way])
    typer.echo(safe(f"{gone.sensor} is out of service. When something of it arrives, that is told."))
    for way in ways:
        told = _WAYS.get(way.kind, "It can still come in: {name}.").format(name=way.name)
        typer.echo(safe(f"! {told} {way.advice}"))


def return_(
    sensor: Sensor,
    reason: Reason,
    organisation: Organisation = None,
    network: Network = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Put a sensor that was retired into service again: from now on its silence is told.

    Example: [bold]tocsin source return fw-old --reason "repaired"[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.post("/sensors/return", _said(sensor, organisation, network, reason))
    typer.echo(safe(f"{answer.part('retirement', _Retirement).sensor} is in service again."))


def _said(sensor: str, organisation: str | None, network: str | None, reason: str) -> dict[str, object]:
    return {"sensor": sensor, "organisation": organisation, "network": network, "why": reason}
