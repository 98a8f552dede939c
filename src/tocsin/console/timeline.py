"""A timeline as SVG: a pure function from lanes of marks to a drawing that scales without JavaScript.

Rules:
1. Positions are percentages, so the drawing fits any width and its text keeps its size.
2. A mark's level is told by shape and colour; the lane's own table or list stands beside the drawing.
3. Marks of one lane that would overlap are one mark that says how many findings it stands for.
4. Text comes from logs: it goes through the HTML sink. Nothing here is a reference, a style or a script.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tocsin.model import LEVELS
from tocsin.sinks.defang import defang
from tocsin.sinks.html import attribute
from tocsin.words.messages import say_many

LANE = 40  # pixels from one lane to the next
TOP = 26  # pixels for the axis above the first lane
STEPS = 120  # positions along a lane, after which marks are merged
LEFT, RIGHT = 1.5, 98.5  # percent of the width between which marks lie
LABEL_CHARACTERS = 110
TICKS = 5

SHAPES = {
    "critical": "M0-7 7 0 0 7-7 0Z",
    "high": "M0-6.5 6.5 5-6.5 5Z",
    "medium": "M-5-5H5V5H-5Z",
    "low": "M0-4.5A4.5 4.5 0 1 1 0 4.5 4.5 4.5 0 1 1 0-4.5Z",
    "informational": "M0-3A3 3 0 1 1 0 3 3 3 0 1 1 0-3Z",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a moment."""

    at: datetime
    level: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the drawing."""

    label: str
    marks: tuple[Mark, ...]


def timeline(lanes: Sequence[Lane], title: str) -> str:
    """The drawing; empty when no mark has a time."""
    moments = [mark.at for lane in lanes for mark in lane.marks]
    if not moments:
        return ""
    span = (min(moments), max(moments))
    height = TOP + LANE * len(lanes)
    drawn = "".join(_lane(lane, TOP + LANE * place, span) for place, lane in enumerate(lanes))
    return (
        f'<svg class="timeline" role="img" width="100%" height="{height}" aria-label="{attribute(defang(title))}">'
        f"<title>{attribute(defang(title))}</title>{_axis(span, height)}{drawn}</svg>"
    )


def _axis(span: tuple[datetime, datetime], height: int) -> str:
    first, last = span
    parts = []
    for number in range(TICKS):
        share = number / (TICKS - 1)
        if first == last and number:
            break
        where = f"{LEFT + (RIGHT - LEFT) * share:.2f}%"
        anchor = "start" if number == 0 else "end" if number == TICKS - 1 else "middle"
        kind = "tick minor" if number % 2 else "tick"
        text = _moment(first + (last - first) * share, last - first)
        parts.append(
            f'<g class="{kind}"><line x1="{where}" x2="{where}" y1="18" y2="{height}"/>'
            f'<text x="{where}" y="12" text-anchor="{anchor}">{text}</text></g>'
        )
    return "".join(parts)


def _moment(moment: datetime, span: timedelta) -> str:
    """As exact as the span needs."""
    if span < timedelta(minutes=10):
        return moment.astimezone(UTC).strftime("%H:%M:%S")
    if span < timedelta(days=1):
        return moment.astimezone(UTC).strftime("%d %b %H:%M")
    return moment.astimezone(UTC).strftime("%Y-%m-%d" if span > timedelta(days=10) else "%d %b %H:%M")


def _lane(lane: Lane, top: int, span: tuple[datetime, datetime]) -> str:
    label = lane.label if len(lane.label) <= LABEL_CHARACTERS else lane.label[: LABEL_CHARACTERS - 1] + "…"
    track = top + LANE - 14
    places: dict[int, list[str]] = defaultdict(list)
    for mark in lane.marks:
        places[_step(mark.at, span)].append(mark.level)
    marks = "".join(_mark(step, levels, track) for step, levels in sorted(places.items()))
    ends = [_percent(step) for step in (min(places), max(places))] if places else []
    extent = f'<line class="extent" x1="{ends[0]}" x2="{ends[1]}" y1="{track}" y2="{track}"/>' if ends else ""
    return (
        f'<text class="label" x="{LEFT}%" y="{top + 12}">{attribute(defang(label))}</text>'
        f'<line class="track" x1="{LEFT}%" x2="{RIGHT}%" y1="{track}" y2="{track}"/>{extent}{marks}'
    )


def _mark(step: int, levels: list[str], track: int) -> str:
    strongest = max(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else 0)
    shape = strongest if strongest in SHAPES else "medium"
    told = say_many("{n} finding, level {level}", "{n} findings, strongest level {level}", len(levels), level=shape)
    return (
        f'<svg x="{_percent(step)}" y="{track}" overflow="visible"><path class="mark {shape}" d="{SHAPES[shape]}">'
        f"<title>{attribute(told)}</title></path></svg>"
    )


def _step(moment: datetime, span: tuple[datetime, datetime]) -> int:
    length = (span[1] - span[0]).total_seconds()
    return round(STEPS * (moment - span[0]).total_seconds() / length) if length else 0


def _percent(step: int) -> str:
    return f"{LEFT + (RIGHT - LEFT) * step / STEPS:.2f}%"
