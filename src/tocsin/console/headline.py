"""The first words of a scan: how many incidents, and whether somebody has to look now."""

from collections.abc import Sequence

from tocsin.model import Incident
from tocsin.model.report import ScanReport
from tocsin.words.messages import say, say_many

NOW_SCORE = 50  # points from which an incident cannot wait
SOON_SCORE = 25  # points from which an incident should be looked at today


def headline(report: ScanReport) -> str:
    """`3 incidents. The first needs you now.`: those of the queue."""
    queue = [incident for incident in report.incidents if incident.queued]
    if not queue:
        return say("No incident needs you.") if report.incidents else say("No incident.")
    counted = say_many("{n} incident.", "{n} incidents.", len(queue))
    return say("{counted} {urgency}", counted=counted, urgency=_urgency(queue))


def _urgency(queue: Sequence[Incident]) -> str:
    first, alone = queue[0], len(queue) == 1
    if first.score >= NOW_SCORE:
        return say("It needs you now.") if alone else say("The first needs you now.")
    if first.score >= SOON_SCORE:
        return say("It deserves a look today.") if alone else say("The first deserves a look today.")
    return say("It does not look urgent.") if alone else say("None looks urgent.")


def beneath(report: ScanReport) -> str:
    """The sentence under the headline: what was read and what could not be."""
    events = say_many("{n} event", "{n} events", report.events)
    sources = say_many("{n} source", "{n} sources", len(report.sources))
    looking = say_many("{n} rule", "{n} rules", report.rules.loaded)
    if report.analytics:
        analytics = say_many("{n} analytic", "{n} analytics", report.analytics)
        looking = (
            say("{rules} and {analytics}", rules=looking, analytics=analytics) if report.rules.loaded else analytics
        )
    read = say("{looking} looked at {events} from {sources}.", looking=looking, events=events, sources=sources)
    if not report.sources:
        read = say("Nothing was read: the paths hold no source.")
    elif not report.incidents:
        read += " " + say("That nothing was found does not prove that nothing happened: see what Tocsin did not see.")
    return read
