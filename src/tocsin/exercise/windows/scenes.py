"""Scenes: short sequences of steps on a machine, described in data (background.toml, attack.toml).

Each step has `do` and slots to fill:
- `start` a process (`as` names it, `parent` is a named or long-lived process, its logon is inherited),
- `note` one event of `kind` by the process `by`; keys that are no words of ours are the event's fields,
- `end` the process `by`,
- `logon` of `account` on this machine (`type`, `from` another host), `sign_on` to the server `to` over the network,
- `web` a request in the IIS log, `cmdlet` a line in Exchange's admin audit.

Common keys: `after` seconds since the step before [least, most], `times` repetitions [least, most], `chance` of
happening, `marker` the name in the ground truth, `key = false` for what merely comes along. A list of texts means
one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.exercise.chance import Chance
from tocsin.exercise.template import Template, template

Row = Mapping[str, object]
_NO_WAIT = (0.0, 0.2)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scene."""

    do: str
    options: Mapping[str, str]  # plain words: as, by, parent, kind, to, …
    texts: Mapping[str, tuple[Template, ...]]  # lower-case texts with slots: image, command, …
    fields: tuple[tuple[str, tuple[Template, ...]], ...]  # event fields
    after: tuple[float, float]
    times: tuple[int, int]
    chance: float
    marker: str
    key: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """A named sequence of steps. `who` acts: user, machine or administrator; `roles` is where (empty: anywhere)."""

    name: str
    who: str
    roles: tuple[str, ...]
    weight: float
    steps: tuple[Step, ...]
    names: Mapping[str, str] = field(default_factory=dict)


_WORDS = ("as", "by", "parent", "kind", "to", "on", "account", "type", "from", "integrity", "source")
_TEXTS = ("image", "command", "directory", "method", "uri", "query", "user", "client", "agent", "status", "cmdlet")
_MORE_TEXTS = ("parameters", "object", "caller", "share", "file", "host", "path", "referer")


def _texts(value: object) -> tuple[Template, ...]:
    given = value if isinstance(value, list) else [value]
    return tuple(template(str(one)) for one in given)


def _pair(value: object, fallback: tuple[float, float]) -> tuple[float, float]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return (float(value[0]), float(value[-1]))
    return fallback if value is None else (float(str(value)), float(str(value)))


def step(row: Row) -> Step:
    """A step from its data; an unknown key is a mistake in our data and stops the programme."""
    known = {"do", "after", "times", "chance", "marker", "key", *_WORDS, *_TEXTS, *_MORE_TEXTS}
    others = [name for name in row if name not in known]
    unknown = [] if row["do"] == "note" else others
    if unknown:
        raise ValueError(f"unknown keys in a scene step: {unknown}")
    least, most = _pair(row.get("times"), (1, 1))
    return Step(
        do=str(row["do"]),
        options={name: str(row[name]) for name in _WORDS if name in row},
        texts={name: _texts(row[name]) for name in (*_TEXTS, *_MORE_TEXTS) if name in row},
        fields=tuple((name, _texts(value)) for name, value in row.items() if name in others),
        after=_pair(row.get("after"), _NO_WAIT),
        times=(int(least), int(most)),
        chance=float(str(row.get("chance", 1))),
        marker=str(row.get("marker", "")),
        key=bool(row.get("key", True)),
    )


def scene(row: Mapping[str, object]) -> Scene:
    """A scene from its data."""
    steps = row["steps"]
    roles = row.get("roles", [])
    if not isinstance(steps, list) or not isinstance(roles, list):
        raise ValueError(f"scene {row.get('name')!r}: steps and roles are lists")
    return Scene(
        name=str(row["name"]),
        who=str(row.get("who", "machine")),
        roles=tuple(str(role) for role in roles),
        weight=float(str(row.get("weight", 1))),
        steps=tuple(step(one) for one in steps),
    )


def fill(options: tuple[Template, ...], names: Mapping[str, str], chance: Chance) -> str:
    """One of the texts with its slots filled."""
    chosen = options[0] if len(options) == 1 else chance.pick(options)
    return chosen.fill(names, chance)
