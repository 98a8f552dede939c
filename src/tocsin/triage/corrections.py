"""What people said of groups: the stories as they made them.

Rules:
1. A story that people made is one group, whatever else joins its findings or does not.
2. Two such stories are never joined, by no reason and through no third finding: a new finding joins one of them. What
   would have joined them otherwise is told.
3. A finding is known again by its rule, organisation, network and first event, as it was put into its story.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.model import Finding

Mark = tuple[str, str, str, str]
"""What tells a finding from every other one: rule, organisation, network, first event."""
Pair = tuple[int, int]
"""Places of two stories, the smaller first."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """The stories that people made, and what each is called; nothing where others are not told of it."""

    stories: tuple[frozenset[Mark], ...] = ()
    names: tuple[str, ...] = ()

    def places(self, findings: Sequence[Finding]) -> dict[int, int]:
        """The story of each finding that is in one, by the finding's index."""
        place_of = {mark: place for place, marks in enumerate(self.stories) for mark in marks}
        marked = enumerate(map(mark_of, findings)) if place_of else ()
        return {index: place_of[mark] for index, mark in marked if mark in place_of}


NOTHING_SAID = Corrections()


def pair(one: int, other: int) -> Pair:
    """Two places, the smaller first."""
    return min(one, other), max(one, other)


def mark_of(finding: Finding) -> Mark:
    """The mark of a finding."""
    first = finding.event_ids[0] if finding.event_ids else f"{finding.first} {finding.message}"
    return finding.rule.id, finding.organisation, finding.network, first


def as_made(stories: Iterable[tuple[str, Iterable[Finding]]]) -> Corrections:
    """Stories by their names."""
    made = [(name, frozenset(map(mark_of, findings))) for name, findings in stories]
    return Corrections(tuple(marks for _, marks in made), tuple(name for name, _ in made))
