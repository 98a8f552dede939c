"""A batch: many records of one stream and kind at one member, as columns. See `columns` for what a column may be.

`hosts` are the numbers of the hosts that the records are about (one for all, or one a record) and `users` their
accounts: both label planted records in the ground truth and decide what a sensor that covers only some hosts sees;
what a record says is in `values` alone. `order` is when a record reaches its file, where that is not its time (Zeek
writes a connection when it ends). `stage` is the number of the stage that planted the records, -1 for the background.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from tocsin.exercise.range.columns import Column, Integers, Mask, Pick, taken

BACKGROUND = -1


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records of one stream and kind."""

    stream: str
    kind: str
    times: Integers
    hosts: Integers | int
    values: Mapping[str, Column] = field(default_factory=dict)
    users: str | Pick = ""
    order: Integers | None = None
    stage: int = BACKGROUND

    def __len__(self) -> int:
        return len(self.times)

    @property
    def written(self) -> Integers:
        """When each record reaches its file."""
        return self.times if self.order is None else self.order

    def take(self, chosen: Mask | Integers) -> "Batch":
        """The chosen records only."""
        users = taken(self.users, chosen)
        assert isinstance(users, (str, Pick))
        return replace(
            self,
            times=self.times[chosen],
            hosts=self.hosts if isinstance(self.hosts, int) else self.hosts[chosen],
            values={name: taken(column, chosen) for name, column in self.values.items()},
            users=users,
            order=None if self.order is None else self.order[chosen],
        )

    def host_numbers(self) -> Integers:
        """One number a record."""
        return np.full(len(self), self.hosts, dtype=np.int64) if isinstance(self.hosts, int) else self.hosts
