"""How both switches stand, as the server tells it: read when one was moved, and now and then."""

from dataclasses import replace

import msgspec

from tocsin import clock
from tocsin.errors import StateError
from tocsin.node.store import people, switches
from tocsin.node.store.database import Store
from tocsin.node.store.switches import SwitchState, is_void


class Switchboard:
    """The switches for a status. What could not be read leaves what was read before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.told: list[dict[str, object]] = []  # `by` is the name of an account, for people only

    def look(self) -> None:
        """Read both."""
        with self._store.read() as connection:
            states = switches.states(connection)
            moved = any(state.actor for state in states)
            names = {each.actor: each.name for each in people.accounts(connection)} if moved else {}
        self.told = [_told(state, names.get(state.actor, "")) for state in states]

    def moved(self) -> None:
        """One was moved just now: that is done, whether it can be read at once or not."""
        try:
            self.look()
        except StateError:
            return  # the next look tells it


def _told(state: SwitchState, name: str) -> dict[str, object]:
    """As `GET /switches` tells it, without what is empty, and without a request that nobody can confirm any more."""
    if state.request is not None and is_void(state.request, clock.now()):
        state = replace(state, request=None)
    plain = {**msgspec.to_builtins(state), "by": name}
    return {name: value for name, value in plain.items() if value or name == "stopped"}
