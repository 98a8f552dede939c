"""The node's state in lines: what needs somebody first."""

from collections.abc import Iterator, Mapping

from tocsin.cli.node_inputs import inputs_of, losses
from tocsin.cli.node_sensors import lines, retired_lines, retired_of, sensors_of, troubles, unread
from tocsin.cli.node_switches import at_work, stopped, switches_of
from tocsin.sinks.terminal import safe

_TROUBLES = ("trouble", "rules_problem", "indicators_problem", "problem", "unreadable")


def told(running: bool, states: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """One line a fact: whether it runs, what is stopped, what did not get in, what else is wrong, how it is."""
    yield "The node runs." if running else "The node does not run; this is what it left."
    paused = states.get("supervisor", {}).get("paused")
    if running and isinstance(paused, Mapping) and paused:
        yield safe(f"! The node is paused since {paused.get('since')}: {paused.get('why')}. What is sent is kept.")
    engine, analyst, server = (states.get(name, {}) for name in ("engine", "analyst", "server"))
    switches = switches_of(server)
    yield from stopped(switches)
    yield from losses(inputs_of(server))
    sensors = sensors_of(server)
    yield from unread(sensors)
    for name, state in states.items():
        for key in _TROUBLES:
            yield from (f"! {name}: {each}" for each in _faults(state.get(key)))
    yield from _of_configuration(states)
    yield from troubles(sensors)
    yield f"Events: {engine.get('events', 0)} since the start, {engine.get('rejects', 0)} lines not readable."
    yield f"Findings: {analyst.get('findings', 0)} in {analyst.get('incidents', 0)} incidents."
    yield from lines(sensors)
    yield from retired_lines(retired_of(server))
    yield from at_work(switches)
    yield f"API: port {server.get('port', '–')} on this machine."
    for name, state in states.items():
        if name != "supervisor":
            yield f"{name}: last word {state.get('at', 'never')}"


def _of_configuration(states: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """What is wrong with the configuration's newest text, once, and what of it waits for a restart."""
    problems = {str(state["config_problem"]): None for state in states.values() if state.get("config_problem")}
    yield from (safe(f"! configuration: {problem}") for problem in problems)
    waiting = states.get("server", {}).get("needs_restart")
    if isinstance(waiting, list) and waiting:
        yield safe(f"! needs a restart: {', '.join(map(str, waiting))}")


def _faults(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (safe(f"{key}: {text}") for key, text in value.items())
    elif value:
        yield safe(str(value))
