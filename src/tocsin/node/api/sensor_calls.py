"""Endpoints about the sensors that feed the node."""

from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.errors import Conflict
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import SensorMeant
from tocsin.node.people.principal import Person
from tocsin.node.sensors.retiring import Meant, Way, chosen, ways_in
from tocsin.node.sensors.telling import retired_told, sensors_told
from tocsin.node.service.config import load_config
from tocsin.node.store import people, retirements
from tocsin.node.store.retirements import LISTED, Retirement
from tocsin.node.store.sensors import SensorId, sensors


def listed(call: Call) -> Response:
    """GET /sensors: each sensor's last event, rate and rhythm, gaps, losses; the silent first, the retired apart."""
    with call.desk.store.read() as connection:
        known, retired = sensors(connection), retirements.standing(connection)
        names = _names(connection) if isinstance(call.principal, Person) else {}
    return said({"sensors": sensors_told(known, retired), "retired": retired_told(retired, known, names)})


def retire_it(call: Call) -> Response:
    """POST /sensors/retire: take a sensor out of service; says by which ways it could still come in."""
    asked, actor, now = call.said(SensorMeant), call.person.actor, clock.now()
    config = load_config(call.node.folder.config)

    def work(connection: Connection) -> tuple[Retirement, list[Way]]:
        id = chosen(_meant(asked), [each.id for each in sensors(connection)])
        ways = ways_in(id, config, people.tokens(connection), now)
        return retirements.retire(connection, id, _digest(call, id), actor, asked.why, now), ways

    gone, ways = call.desk.store.transact(work)
    return said({"retirement": gone, "ways": ways}, HTTPStatus.CREATED)


def return_it(call: Call) -> Response:
    """POST /sensors/return: put a retired sensor into service again."""
    asked, actor = call.said(SensorMeant), call.person.actor

    def work(connection: Connection) -> Retirement:
        retired = {each.sensor: each for each in retirements.standing(connection)}
        id = chosen(_meant(asked), {*retired, *(each.id for each in sensors(connection))})
        if id not in retired:
            raise Conflict("this sensor is in service", LISTED)
        retirements.return_to_service(connection, retired[id], actor, asked.why, clock.now())
        return retired[id]

    return said({"retirement": call.desk.store.transact(work)})


def _meant(asked: SensorMeant) -> Meant:
    return Meant(asked.sensor, asked.organisation, asked.network)


def _digest(call: Call, id: SensorId) -> str:
    """How the ledger names the sensor."""
    return call.desk.keys.name_digest("sensor", "\x00".join((id.organisation, id.network, id.name)))


def _names(connection: Connection) -> dict[str, str]:
    return {each.actor: each.name for each in people.accounts(connection)}
