"""The exercise range: telemetry of a whole alliance, benign background, attacks with ground truth.

For writers of scenarios, in this order: `scenario` (what a scenario is, what its plan can do), `scene` (how something
is noted), `actions/` (what logons, programs, connections, mails leave in all streams), `columns` (what a value may
be), `alliance` (members, hosts, accounts, who logs what), `internet` (addresses outside), `times`. A scenario is one
module in `scenarios/`.
"""

from tocsin.exercise.range.play import play
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scenarios import SCENARIOS, scenario_by_id
from tocsin.exercise.range.truth import Truth

__all__ = ["SCENARIOS", "Plot", "Scenario", "Truth", "play", "scenario_by_id"]
