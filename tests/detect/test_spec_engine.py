"""The columnar engine against the specification's examples (the same table that the reference passes)."""

from pathlib import Path

import pytest
from batches import batch_of
from spec_cases import SpecCase, all_cases

from tocsin.detect.sigma import Engine, load_rules


def rows_that_fire(case: SpecCase, folder: Path) -> list[bool] | None:
    """Which events the engine fires on; None when it refuses the rule."""
    (folder / "rule.yml").write_text(case.rule, "utf-8")
    values = {name: [str(value) for value in given] for name, given in case.placeholders.items()}
    ruleset = load_rules([folder], cache_dir=None, values=values)
    if not ruleset.rules:
        assert ruleset.refused, "a rule is loaded or refused, never lost"
        return None
    (hits,) = Engine(ruleset).evaluate(batch_of(case.events)) or [None]
    fired = set() if hits is None else set(map(int, hits.rows))
    return [row in fired for row in range(len(case.events))]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in all_cases()])
def test_the_engine_agrees_with_the_specification(case: SpecCase, tmp_path: Path) -> None:
    found = rows_that_fire(case, tmp_path)
    assert found == list(case.expected) or (found is None and case.may_refuse)
