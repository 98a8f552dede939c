"""The server process: the API, what is sent over the network, checkpoints and notifications."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from tocsin import clock, limits
from tocsin.errors import TocsinError
from tocsin.node.api.app import create_app
from tocsin.node.api.context import LOOPBACK_HOSTS, ApiContext
from tocsin.node.api.handing import remove_leftovers
from tocsin.node.api.server import ApiServer, ServerSettings, Tls
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.listeners import Listeners
from tocsin.node.inputs.losses import Losses
from tocsin.node.inputs.routes import endpoints
from tocsin.node.journal.writer import Journal
from tocsin.node.people.desk import Desk
from tocsin.node.people.issuer import Issuer
from tocsin.node.people.keys import Keys
from tocsin.node.service.calling import Caller
from tocsin.node.service.config import (
    Config,
    NodeFolder,
    below,
    called,
    marking,
    notices,
    openid_settings,
    state_url,
)
from tocsin.node.service.listening import syslog_inputs
from tocsin.node.service.part import Part
from tocsin.node.service.pause_order import take_back
from tocsin.node.service.pauses import Pauses
from tocsin.node.service.reconfiguring import Reconfiguring
from tocsin.node.service.sensing import sources
from tocsin.node.service.server_state import ServerState, losses_left
from tocsin.node.service.silence import Watch
from tocsin.node.service.switchboard import Switchboard
from tocsin.node.store.database import Store, open_store
from tocsin.node.upkeep.checkpoints import check_in
from tocsin.node.upkeep.errands import Errands
from tocsin.node.upkeep.keys import load_secret, load_trust
from tocsin.node.upkeep.mailing import send_due_mail
from tocsin.node.upkeep.notify import MAIL, TICKETS, WEBHOOK, send_due, webhook_client
from tocsin.node.upkeep.outbound import destinations, install
from tocsin.node.upkeep.shell import OpenNode
from tocsin.triage.telling import Sender, SourceMarking

MINUTE_SECONDS = 60.0
NOTIFY_SECONDS = 10.0
SENSORS_SECONDS = 30.0
SWITCHES_SECONDS = 10.0
SOON_SECONDS = 5.0  # after the start


def run(part: Part) -> None:
    """Serve until told to stop."""
    install(destinations(part.config))
    asyncio.run(_serve(part))


async def _serve(part: Part) -> None:
    """Steps: 1. open journal and state; 2. bind; 3. serve beside the timers; 4. end in turn."""
    folder, config = part.folder, part.config
    store = part.when_there_is_room(lambda: open_store(state_url(folder, config)))
    journal = part.when_there_is_room(lambda: Journal(folder.journal, int(config.lake.journal_gib * limits.GIB)))
    intake, errands = Intake(journal), Errands()
    take_back(folder)
    pauses = Pauses(folder, journal)
    state = _state(part, store, Listeners(syslog_inputs(folder, config), intake), journal, pauses)
    remove_leftovers(folder)
    context = _context(part, store, state, pauses, errands)
    server = ApiServer(
        create_app(context, endpoints(intake)),
        ServerSettings(config.api.host, config.api.port, _tls(folder, config)),
    )
    ways = _ways(folder, config, store)  # before clients come: reading whom the machine trusts takes a while
    port = server.bind()
    await state.syslog.start()
    part.note({"port": port, "stopped": False, "losses": state.lost()}, at_once=True)
    watching = asyncio.create_task(_watch(part, server, state, port))
    timers = [watching, *_timers(part, store, state, ways)]
    serving = asyncio.create_task(server.serve())
    await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    pauses.end()
    errands.end()
    await serving
    if context.issuer is not None:
        context.issuer.close()
    for timer in timers:
        timer.cancel()
    ended = await asyncio.gather(*timers, return_exceptions=True)
    await state.syslog.stop()
    lost = state.lost()
    journal.close()
    check_in(folder, config, store, clock.now())
    part.note({"port": port, "stopped": True, "losses": lost, "switches": state.board.told}, at_once=True)
    store.close()
    faults = [each for each in ended if isinstance(each, Exception)]
    if faults:
        raise faults[0]


def _state(part: Part, store: Store, syslog: Listeners, journal: Journal, pauses: Pauses) -> ServerState:
    """What the process knows and tells."""
    folder, config = part.folder, part.config
    configured = Reconfiguring(folder, config)
    asked = sources(folder, lambda: configured.config, store, syslog.counts, journal.unread, pauses.since)
    watch = Watch(folder.lake, store, config.node.name, timedelta(minutes=config.notify.silent_minutes), asked)
    losses = Losses(losses_left(folder))
    return ServerState(folder, configured, journal, syslog, watch, Switchboard(store), losses, trouble={})


def _context(part: Part, store: Store, state: ServerState, pauses: Pauses, errands: Errands) -> ApiContext:
    """What the API works with."""
    folder, config = part.folder, part.config
    issuer = openid_settings(folder, config)
    return ApiContext(
        Desk(store, Keys.derived(load_secret(folder)), words=_words(config)),
        hosts=LOOPBACK_HOSTS | called(config),
        secure=bool(config.api.certificate),
        status=state.status,
        switched=state.board.moved,
        trust=partial(load_trust, folder),
        node=OpenNode(folder, config, store),
        errands=errands,
        pausing=pauses.pause,
        sender=_sender(config),
        mails=config.notify.mail is not None,
        issuer=None if issuer is None else Issuer(issuer),
    )


def _sender(config: Config) -> Sender:
    """Who tells constituents, and with which markings."""
    sources = (SourceMarking(each.organisation, each.network, marking(each)) for each in config.marking.sources)
    return Sender(config.node.organisation or config.node.name, marking(config.marking), tuple(sources))


def _timers(
    part: Part, store: Store, state: ServerState, ways: Mapping[str, Callable[[], object]]
) -> list["asyncio.Task[None]"]:
    """What is done every now and then."""
    config, trouble = part.config, state.trouble
    checkpoint = partial(check_in, part.folder, config, store)
    often = config.witness.every_minutes * MINUTE_SECONDS
    return [
        asyncio.create_task(_every(often, "checkpoint", lambda: checkpoint(clock.now()), trouble)),
        asyncio.create_task(_every(SENSORS_SECONDS, "sensors", state.watch.look, trouble, first=SOON_SECONDS)),
        asyncio.create_task(_every(SWITCHES_SECONDS, "switches", state.board.look, trouble, first=0.0)),
        *(asyncio.create_task(_every(NOTIFY_SECONDS, name, tell, trouble)) for name, tell in ways.items()),
    ]


def _ways(folder: NodeFolder, config: Config, store: Store) -> dict[str, Callable[[], object]]:
    """How people are told, where somebody is to be told. Each has a timer of its own: none waits for another."""
    settings = notices(folder, config)
    sending: dict[str, Callable[[], object]] = {}
    if settings.calls or settings.tickets:
        sending["notices"] = Caller(store, config.node.name, settings).look
    if settings.webhook:
        sending[WEBHOOK] = _posting(store, settings.webhook, settings.webhook_secret, WEBHOOK)
    if settings.tickets and settings.tickets.url:
        sending[TICKETS] = _posting(store, settings.tickets.url, settings.tickets.secret, TICKETS)
    if settings.mail:
        server = settings.mail
        sending[MAIL] = lambda: send_due_mail(store, server, clock.now())
    return sending


def _posting(store: Store, url: str, secret: str, destination: str) -> Callable[[], object]:
    client = webhook_client()
    return lambda: send_due(store, client, url, clock.now(), secret=secret, destination=destination)


async def _watch(part: Part, server: ApiServer, state: ServerState, port: int) -> None:
    """Until the end is wanted: tell how it is, and take over what changes in the configuration."""
    shown = state.board.told
    while not part.stopping.is_set():
        if state.configured.changed():
            await _reconfigure(part, state)
        if part.due() or state.board.told != shown:
            shown = state.board.told
            part.note({"port": port, **state.note()}, at_once=True)
        await asyncio.sleep(0.2)
    server.stop()


async def _reconfigure(part: Part, state: ServerState) -> None:
    """Other syslog inputs, as a whole or not at all."""
    try:
        await state.syslog.use(syslog_inputs(part.folder, state.configured.config))
    except TocsinError as error:
        state.configured.refuse(error)
    part.config = state.configured.config


async def _every(
    seconds: float, name: str, work: Callable[[], object], trouble: dict[str, str], *, first: float | None = None
) -> None:
    """Do something again and again in a thread; what fails is told in the status until it works again."""
    pause = seconds if first is None else first
    while True:
        await asyncio.sleep(pause)
        pause = seconds
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


def _words(config: Config) -> tuple[str, ...]:
    return tuple(word for word in (config.node.name, config.node.organisation) if word)


def _tls(folder: NodeFolder, config: Config) -> Tls | None:
    if not config.api.certificate:
        return None
    authority = below(folder, config.api.client_authority) if config.api.client_authority else None
    return Tls(below(folder, config.api.certificate), below(folder, config.api.key), authority)
