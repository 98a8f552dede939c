"""What is done about one incident, in Markdown: legal clocks, playbooks, proposed actions.

Foreign text goes through `sinks.markdown`. Of a playbook the steps are told that people did or skipped; what is left is
counted.
"""

from collections.abc import Iterator, Mapping, Sequence

from tocsin.node.store.playbook_runs import Run
from tocsin.sinks.markdown import inline
from tocsin.triage.actions import Action
from tocsin.triage.clocks import Row
from tocsin.words.dates import utc
from tocsin.words.messages import enumeration, say, say_many

_ON_REQUEST = "on request"


def acting_markdown(
    clocks: Sequence[Row], runs: Sequence[Run], actions: Sequence[tuple[Action, str]], people: Mapping[str, str]
) -> Iterator[str]:
    """A chapter for each of the three; nothing where nothing is done."""
    yield from _chapter(say("Legal clocks"), [_clock(row) for row in clocks if row.state != _ON_REQUEST])
    for run in runs:
        left = say_many("{n} step is left", "{n} steps are left", run.open)
        heading = say("Playbook {name}: {title} ({left})", name=run.playbook, title=run.title, left=left)
        yield from _chapter(heading, _steps(run, people), empty=say("No step is done yet."))
    yield from _chapter(say("Actions"), [_action(action, state, people) for action, state in actions])


def _chapter(heading: str, told: Sequence[str], empty: str = "") -> Iterator[str]:
    if told or empty:
        yield f"\n## {inline(heading)}\n\n"
    yield from (f"- {inline(each)}\n" for each in told or filter(None, (empty,)))


def _clock(row: Row) -> str:
    name = f"{row.incident}, {row.clock}: {row.title}, {row.source}"
    if row.done is not None:
        return say("{name}: {state}, {time}", name=name, state=row.state, time=utc(row.done))
    return say("{name}: {state}, until {time}", name=name, state=row.state, time=utc(row.due) if row.due else "–")


def _steps(run: Run, people: Mapping[str, str]) -> list[str]:
    told = []
    for step in run.steps:
        if step.time is not None:
            who = people.get(step.actor, step.actor)
            said = say("{n}. {name}: {state} by {actor}, {time}", n=step.number, name=step.name, state=step.state,
                       actor=who, time=utc(step.time))  # fmt: skip
            told.append(f"{said}: {step.note}" if step.note else said)
    return told


def _action(action: Action, state: str, people: Mapping[str, str]) -> str:
    return say(
        "{id} of {incident}, {state}: {kind} {values} as {form}, until {until}, by {owner}: {why}",
        id=action.id, incident=action.incident, state=state, kind=action.kind, values=enumeration(action.values),
        form=action.form, until=utc(action.until), owner=people.get(action.owner, action.owner), why=action.why,
    )  # fmt: skip
