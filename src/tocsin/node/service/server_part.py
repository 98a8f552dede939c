"""The server process: the API, what is sent over the network, checkpoints and notifications."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from functools import partial

from tocsin import clock
from tocsin.node.api.app import create_app
from tocsin.node.api.context import LOOPBACK_HOSTS, ApiContext
from tocsin.node.api.handing import remove_leftovers
from tocsin.node.api.server import ApiServer, ServerSettings, Tls
from tocsin.node.inputs.counters import Counts
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.listeners import Listeners
from tocsin.node.inputs.routes import endpoints
from tocsin.node.journal.writer import Journal
from tocsin.node.people.desk import Desk
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import Config, NodeFolder, below, state_url
from tocsin.node.service.listening import syslog_inputs
from tocsin.node.service.part import PARTS, Part, read_state
from tocsin.node.service.silence import Watch
from tocsin.node.store.database import Store, open_store
from tocsin.node.upkeep.checkpoints import check_in
from tocsin.node.upkeep.errands import Errands
from tocsin.node.upkeep.keys import load_secret, load_trust
from tocsin.node.upkeep.notify import send_due, webhook_client
from tocsin.node.upkeep.outbound import destinations, install
from tocsin.node.upkeep.shell import OpenNode

MINUTE_SECONDS = 60.0
NOTIFY_SECONDS = 10.0
GIB = 1 << 30


def run(part: Part) -> None:
    """Serve until told to stop."""
    install(destinations(part.config))
    asyncio.run(_serve(part))


async def _serve(part: Part) -> None:
    """Steps: 1. open journal and state; 2. bind; 3. serve beside the timers; 4. end in turn."""
    folder, config = part.folder, part.config
    store = open_store(state_url(folder, config))
    journal = Journal(folder.journal, int(config.lake.journal_gib * GIB))
    desk = Desk(store, Keys.derived(load_secret(folder)), words=_words(config))
    intake = Intake(journal)
    syslog = Listeners(syslog_inputs(folder, config), intake)
    trouble: dict[str, str] = {}
    remove_leftovers(folder)
    errands = Errands()
    context = ApiContext(
        desk,
        hosts=LOOPBACK_HOSTS | {name.lower() for name in config.api.names} | {config.api.host},
        secure=bool(config.api.certificate),
        status=partial(status, folder, config, journal, syslog, trouble),
        trust=partial(load_trust, folder),
        node=OpenNode(folder, config, store),
        errands=errands,
    )
    server = ApiServer(
        create_app(context, endpoints(intake)),
        ServerSettings(config.api.host, config.api.port, _tls(folder, config)),
    )
    port = server.bind()
    await syslog.start()
    part.note({"port": port, "stopped": False}, at_once=True)
    checkpoints = partial(check_in, folder, config, store)
    watch = Watch(folder.lake, store, config.node.name, timedelta(minutes=config.notify.silent_minutes))
    timers = [
        asyncio.create_task(_watch(part, server, {"port": port}, syslog, trouble)),
        asyncio.create_task(
            _every(
                config.witness.every_minutes * MINUTE_SECONDS, "checkpoint", lambda: checkpoints(clock.now()), trouble
            )
        ),
        asyncio.create_task(_every(MINUTE_SECONDS, "sensors", watch.look, trouble)),
        *_notifying(config, store, trouble),
    ]
    serving = asyncio.create_task(server.serve())
    await asyncio.wait({serving, timers[0]}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    errands.end()
    await serving
    for timer in timers:
        timer.cancel()
    ended = await asyncio.gather(*timers, return_exceptions=True)
    await syslog.stop()
    journal.close()
    check_in(folder, config, store, clock.now())
    part.note({"port": port, "stopped": True}, at_once=True)
    store.close()
    faults = [each for each in ended if isinstance(each, Exception)]
    if faults:
        raise faults[0]


def _notifying(config: Config, store: Store, trouble: dict[str, str]) -> list["asyncio.Task[None]"]:
    """The timer that sends notifications, where somebody is to be told."""
    if not config.notify.webhook:
        return []
    client = webhook_client()
    send = partial(send_due, store, client, config.notify.webhook)
    return [asyncio.create_task(_every(NOTIFY_SECONDS, "webhook", lambda: send(clock.now()), trouble))]


async def _watch(
    part: Part, server: ApiServer, state: dict[str, object], syslog: Listeners, trouble: dict[str, str]
) -> None:
    while not part.stopping.is_set():
        inputs = [encoded(each) for each in syslog.counts()]
        part.note({**state, "inputs": inputs, "trouble": dict(trouble)})
        await asyncio.sleep(0.2)
    server.stop()


async def _every(seconds: float, name: str, work: Callable[[], object], trouble: dict[str, str]) -> None:
    """Do something again and again in a thread; what fails is told in the status until it works again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            done = await asyncio.to_thread(work)
        except Exception as error:
            trouble[name] = f"{type(error).__name__}: {error}"
            continue
        failures = getattr(done, "failures", ())
        if failures:
            trouble[name] = "; ".join(failures)
        else:
            trouble.pop(name, None)


def status(
    folder: NodeFolder, config: Config, journal: Journal, syslog: Listeners, trouble: dict[str, str]
) -> dict[str, object]:
    """What `status` shows: each process's own word, and what waits."""
    unread = journal.unread()
    return {
        "name": config.node.name,
        "organisation": config.node.organisation,
        "time": clock.now().isoformat(),
        "waiting_bytes": sum(unread.values()),
        "inputs": [encoded(each) for each in syslog.counts()],
        "parts": {name: read_state(folder, name) for name in PARTS},
        "trouble": dict(trouble),
    }


def encoded(counts: Counts) -> dict[str, object]:
    """What an input counted, as plain values; nothing that is zero."""
    plain = {each.name: getattr(counts, each.name) for each in fields(counts)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in plain.items() if value}


def _words(config: Config) -> tuple[str, ...]:
    return tuple(word for word in (config.node.name, config.node.organisation) if word)


def _tls(folder: NodeFolder, config: Config) -> Tls | None:
    if not config.api.certificate:
        return None
    authority = below(folder, config.api.client_authority) if config.api.client_authority else None
    return Tls(below(folder, config.api.certificate), below(folder, config.api.key), authority)
