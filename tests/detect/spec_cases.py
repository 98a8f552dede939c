"""Sigma 2 as examples: rules, events, and whether the specification says that the rule fires.

One table for two evaluators: `test_reference.py` runs it against the slow reference, `test_spec_engine.py` against
the columnar engine. The cases live in the `spec_…` files by part of the specification.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HEADER = """\
title: {name}
id: 00000000-0000-4000-8000-000000000000
status: test
logsource:
    product: windows
level: low
"""

Event = Mapping[str, object]


@dataclass(frozen=True)
class SpecCase:
    """A rule with events. `may_refuse` says why an engine may refuse the rule; if it runs it, it must be right."""

    name: str
    detection: str
    fires: tuple[Event, ...]
    silent: tuple[Event, ...]
    placeholders: Mapping[str, Sequence[object]] = field(default_factory=dict)
    may_refuse: str = ""

    @property
    def events(self) -> tuple[Event, ...]:
        return (*self.fires, *self.silent)

    @property
    def expected(self) -> tuple[bool, ...]:
        return (True,) * len(self.fires) + (False,) * len(self.silent)

    @property
    def rule(self) -> str:
        """The whole rule as YAML."""
        return HEADER.format(name=self.name) + "detection:\n" + textwrap.indent(self.detection, "    ")


def case(
    name: str,
    detection: str,
    *,
    fires: Sequence[Event | str] = (),
    silent: Sequence[Event | str] = (),
    placeholders: Mapping[str, Sequence[object]] | None = None,
    may_refuse: str = "",
) -> SpecCase:
    """A case. Without a condition `detection` is the one selection; an event given as text is the field `F`."""
    body = textwrap.dedent(detection).strip("\n") + "\n"
    if "condition:" not in body:
        body = "selection:\n" + textwrap.indent(body, "    ") + "condition: selection\n"
    return SpecCase(name, body, _events(fires), _events(silent), placeholders or {}, may_refuse)


def _events(events: Sequence[Event | str]) -> tuple[Event, ...]:
    return tuple({"F": event} if isinstance(event, str) else event for event in events)


def all_cases() -> list[SpecCase]:
    """Every case of the table."""
    from spec_conditions import CONDITIONS  # they import this module
    from spec_modifiers import MODIFIERS
    from spec_numbers import NUMBERS
    from spec_values import VALUES

    return [*VALUES, *MODIFIERS, *NUMBERS, *CONDITIONS]
