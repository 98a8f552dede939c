"""Endpoints about the sensors that feed the node."""

from starlette.responses import Response

from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.sensors.telling import sensors_told
from tocsin.node.store.sensors import sensors


def listed(call: Call) -> Response:
    """GET /sensors: each sensor's last event, rate against its rhythm, gaps, losses; who is silent first."""
    with call.desk.store.read() as connection:
        return said({"sensors": sensors_told(sensors(connection))})
