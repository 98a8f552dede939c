"""What the server tells of its inputs: for a day, over restarts, and to everybody who asks."""

from datetime import timedelta

from node_folders import Maker, make_node
from people_desk import Wall, wall
from server_states import state_of

from tocsin.cli.node_status import told
from tocsin.node.inputs.counters import Counters
from tocsin.node.inputs.losses import KERNEL
from tocsin.node.service.part import SERVER, write_state
from tocsin.node.upkeep.check import judged
from tocsin.node.upkeep.check_gather import gather

__all__ = ["make_node", "wall"]

UDP = "syslog-udp:5514"


def test_what_the_kernel_lost_and_who_is_not_listed_is_told_everywhere_for_a_day(make_node: Maker, wall: Wall) -> None:
    node = make_node()
    node.folder.run.mkdir(exist_ok=True)

    def checked() -> list[str]:
        return [line.seen for line in judged(gather(node.folder, wall.time)) if line.name == "inputs"]

    counters = Counters()
    counters.dropped_by_kernel(UDP, 7)
    counters.unlisted(UDP, "192.0.2.9")
    with state_of(node, counters) as state:
        write_state(node.folder, SERVER, state.note())
        (line,) = [each for each in told(True, {SERVER: state.note()}) if UDP in each]
        assert "7 lost by the kernel" in line and "192.0.2.9 (1)" in line
        assert {each["what"] for each in state.status()["losses"]} == {KERNEL, "sender is not listed"}  # type: ignore[attr-defined]
        assert "losses" not in state.status()["parts"][SERVER]  # type: ignore[index]
    wall.time += timedelta(hours=23)
    with state_of(node) as state:
        write_state(node.folder, SERVER, state.note())
        kernel, unlisted = checked()
        assert f"{UDP} (7 since" in kernel and "192.0.2.9" in unlisted
        wall.time += timedelta(hours=2)
        write_state(node.folder, SERVER, state.note())
        assert checked() == ["No input lost or refused anything in the last day."]


def test_what_a_run_has_left_and_cannot_be_read_is_nothing(make_node: Maker) -> None:
    node = make_node()
    node.folder.run.mkdir(exist_ok=True)
    write_state(node.folder, SERVER, {"losses": "x"})
    with state_of(node) as state:
        assert state.lost() == []
