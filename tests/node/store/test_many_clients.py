"""Twenty clients change the same incidents at once."""

import pytest
from benchmarks import store as many


@pytest.mark.slow
def test_twenty_clients_lose_nothing_and_are_told_every_conflict(url: str) -> None:
    tally, faults = many.run(url, seconds=6, number=many.CLIENTS, seed="7")
    assert faults == []
    assert tally.made
    assert tally.conflicts


def test_a_few_clients_lose_nothing_and_are_told_every_conflict(url: str) -> None:
    tally = many.Tally()
    opened = many.open_store(url, create=True)
    many.begin(opened)
    tally.add(many.clients(url, 2, "3", 6))
    assert list(many.wrong(opened, tally)) == []
    assert tally.made
    opened.close()
