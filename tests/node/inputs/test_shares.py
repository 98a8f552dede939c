"""Shares: whoever takes much, there is room for the next."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiving import run

from tocsin import limits
from tocsin.node.inputs.shares import Shares, ShareTaken


def test_a_sender_holds_at_most_its_share() -> None:
    shares = Shares(most=1_000, share=300)
    with shares.hold("a", 300), pytest.raises(ShareTaken), shares.hold("a", 1):
        pass
    with shares.hold("a", 300):
        assert shares.held("a") == 300
    assert shares.held("a") == 0


def test_what_could_not_grow_is_given_back() -> None:
    shares = Shares(most=1_000, share=300)
    with pytest.raises(ShareTaken), shares.hold("a") as hold:
        hold.grow(200)
        hold.grow(200)
    assert shares.held("a") == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 400)), max_size=200))
def test_whatever_others_take_a_new_sender_finds_room(wanted: list[tuple[int, int]]) -> None:
    shares = Shares(most=1_000, share=400)
    for sender, size in wanted:
        if shares.fits(str(sender), size):
            shares.take(str(sender), size)
    held = sum(shares.held(str(sender)) for sender in range(5))
    assert held <= 1_000
    assert 1_000 - held >= 1_000 // 2**5  # five senders: each leaves at least as much as it takes
    assert shares.fits("new", min(400, (1_000 - held) // 2))


def test_the_bounds_of_the_node_leave_room_for_the_largest_body() -> None:
    assert limits.PUSH_PACKED_BYTES + limits.PUSH_BODY_BYTES <= limits.INPUT_SENDER_BYTES
    assert limits.INPUT_SENDER_BYTES <= limits.INPUT_IN_FLIGHT_BYTES // 2


def test_who_waits_gets_its_turn_when_room_is_given_back_and_only_its_own_share_counts() -> None:
    async def work() -> None:
        shares = Shares(most=1_000, share=300)
        told: list[str] = []

        async def wait(sender: str, size: int) -> None:
            async with shares.turn(sender, size):
                told.append(sender)

        with shares.hold("greedy", 300):
            waiting = [asyncio.create_task(wait("greedy", 200)) for _ in range(3)]
            await asyncio.sleep(0)
            await wait("modest", 100)
            assert told == ["modest"]
        await asyncio.gather(*waiting)
        assert told == ["modest", "greedy", "greedy", "greedy"]
        assert shares.held("greedy") == shares.held("modest") == 0

    run(work)


def test_who_stops_waiting_holds_nothing() -> None:
    async def work() -> None:
        shares = Shares(most=1_000, share=300)

        async def wait() -> None:
            async with shares.turn("a", 200):
                await asyncio.sleep(60)

        with shares.hold("a", 300):
            tasks = [asyncio.create_task(wait()) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
        tasks[1].cancel()  # has its turn by now, but has not run yet
        await asyncio.sleep(0.01)
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert shares.held("a") == 0

    run(work)
