"""A scene: where something happens at one member, and what that member's sensors note of it.

Background, surprises and attacks all write through a scene, with the same forms and fields; only the label differs.

    scene.note("windows", "service_installed", times, host, user, ServiceName="…", ImagePath="…")

- `times`: one time or an array, microseconds UTC (`tocsin.exercise.range.times`). Times outside the exercise are
  dropped.
- `hosts`: a `Host`, its number, or an array of numbers: the machine that records it or that it is about.
- `users`: whom the ground truth names: a text, or a `Pick` of accounts (`member.of_account("name", numbers)`).
- values: columns by the names of the stream's fields (`columns`): texts, numbers, arrays, `Pick`, `Made`.

A sensor that the member does not have, or that does not cover the host, notes nothing: `member.logs(stream)` and
`member.watched(sensor)` say what there is. Higher up, `actions/` say what a logon, a program start, a connection, a
mail leave in all streams together; scenarios should use those where they can.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tocsin.exercise.range.alliance import Account, Host, Member
from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.columns import Column, Integers, Mask, Pick
from tocsin.exercise.range.windows_form import windows_kinds
from tocsin.exercise.windows.kinds import SYSMON

Times = Integers | int
Hosts = Host | Integers | int


@cache
def _fields_of(kind: str) -> frozenset[str]:
    return frozenset(windows_kinds()[kind].fields)


def sensor_of(stream: str, kind: str) -> str:
    """The sensor that has to cover a host so that the stream notes something; empty when none has to."""
    if stream == "windows":
        channel = windows_kinds()[kind].channel
        return {"Security": "security", SYSMON: "sysmon"}.get(channel, "system")
    if stream.startswith("zeek_"):
        return "network"
    return {"proxy": "proxy", "firewall": "firewall", "linux": "linux", "audit": "linux"}.get(stream, "")


@dataclass(slots=True)
class Scene:
    """What happens at one member. `chance` is the scene's own randomness."""

    member: Member
    chance: np.random.Generator
    sink: Callable[[Member, Batch], None]
    first_us: int
    last_us: int
    stage: int = BACKGROUND

    def note(
        self, stream: str, kind: str, times: Times, hosts: Hosts, users: "Account | Column" = "", /, **values: Column
    ) -> None:
        """Notes records of one stream and kind, where the member's sensors see them."""
        self.note_late(stream, kind, times, None, hosts, users, **values)

    def note_late(
        self,
        stream: str,
        kind: str,
        times: Times,
        written: Integers | None,
        hosts: Hosts,
        users: "Account | Column" = "",
        /,
        **values: Column,
    ) -> None:
        """The same, where records reach their file later than their time."""
        if not self.member.logs(stream):
            return
        if stream == "windows":
            unknown = values.keys() - _fields_of(kind)
            assert not unknown, f"{kind} has no {', '.join(sorted(unknown))}"
        moments = np.atleast_1d(np.asarray(times, dtype=np.int64))
        numbers = hosts.index if isinstance(hosts, Host) else hosts
        label = users.name if isinstance(users, Account) else users
        assert isinstance(label, (str, Pick))
        assert isinstance(numbers, int) or len(numbers) == len(moments), f"{len(numbers)} hosts, {len(moments)} times"
        batch = Batch(stream, kind, moments, numbers, values, label, written, self.stage)
        seen = self._seen(batch, sensor_of(stream, kind))
        if seen.all():
            self.sink(self.member, batch)
        elif seen.any():
            self.sink(self.member, batch.take(seen))

    def _seen(self, batch: Batch, sensor: str) -> Mask:
        inside = (batch.times >= self.first_us) & (batch.times < self.last_us)
        if not sensor:
            return inside
        covered = self.member.sees(sensor)
        return (
            inside & covered[batch.hosts] if not isinstance(batch.hosts, int) else inside & bool(covered[batch.hosts])
        )
