"""The scenarios of the range in the order of `tocsin exercise list`. A new one is a module and a line."""

from tocsin.errors import UsageError
from tocsin.exercise.range.scenario import Scenario
from tocsin.exercise.range.scenarios import (
    albania_2022,
    fleet_silence,
    parliament_flood,
    quiet_month,
    spray_and_mailbox,
    supplier_update,
    wiper_week,
)

SCENARIOS: tuple[Scenario, ...] = (
    quiet_month.SCENARIO,
    wiper_week.SCENARIO,
    parliament_flood.SCENARIO,
    fleet_silence.SCENARIO,
    spray_and_mailbox.SCENARIO,
    albania_2022.SCENARIO,
    supplier_update.SCENARIO,
)


def scenario_by_id(name: str) -> Scenario:
    """The scenario of that id. Raises UsageError when there is none."""
    for scenario in SCENARIOS:
        if scenario.id == name:
            return scenario
    known = ", ".join(scenario.id for scenario in SCENARIOS)
    raise UsageError(f"no exercise is called {name!r}", f"There are {known}.")
