"""The state database of a server is set aside and put back as it was, whatever a newer version made of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from node_folders import Maker, enter
from sqlalchemy import Connection, text

from tocsin.errors import StateError
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Account, Role
from tocsin.node.service.config import state_url
from tocsin.node.service.supervisor import _only_one
from tocsin.node.store import ledger
from tocsin.node.store.copying import copied
from tocsin.node.store.database import Store, fill_store, open_store
from tocsin.node.store.people import accounts, add_account
from tocsin.node.upkeep.shell import OpenNode, shell_actor
from tocsin.node.upkeep.state_aside import put_state_back, set_state_aside

NEWER = (
    "CREATE TABLE newer (id INTEGER PRIMARY KEY, account VARCHAR(32) REFERENCES accounts (id))",
    "INSERT INTO newer VALUES (1, 'a')",
    "ALTER TABLE ledger ADD COLUMN more TEXT",
    "ALTER TABLE accounts RENAME COLUMN role TO duty",
    "DROP TABLE outbox",
    "UPDATE alembic_version SET version_num = '9999'",
)


@pytest.fixture
def node(make_node: Maker, url: str) -> OpenNode:
    """A node with an account, three entries, and a table of somebody else in its database."""
    node = make_node(f'[state]\nurl = "{url}"\n')
    enter(node.store, 3)
    with node.store.write() as connection:
        add_account(connection, Account("a", "ada", Role.ADMIN, True, 1), "a hash", 0)
        connection.execute(text("CREATE TABLE theirs (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO theirs VALUES (7)"))
    return node


def change(url: str, *statements: str) -> None:
    with fill_store(url) as connection:
        for statement in statements:
            connection.execute(text(statement))


def lines(store: Store) -> list[str]:
    with store.read() as connection:
        return sorted(copied(connection))


def reopened(node: OpenNode, look: Callable[[Connection], object]) -> object:
    store = open_store(state_url(node.folder, node.config))
    try:
        with store.read() as connection:
            return look(connection)
    finally:
        store.close()


def test_what_a_newer_version_changed_is_as_it_was_and_the_ledger_says_so(node: OpenNode, url: str) -> None:
    file = node.folder.path / "state.ndjson"
    before = lines(node.store)
    assert set_state_aside(node.folder.path, file) == len(before) and file.stat().st_mode & 0o777 == 0o600
    node.store.close()
    for number in range(2):
        change(url, *(NEWER if not number else NEWER[3:]))
        with pytest.raises(StateError, match="9999"):
            open_store(url)
        assert put_state_back(node.folder.path, file) == len(before)
        after = reopened(node, lambda connection: sorted(copied(connection)))
        assert isinstance(after, list)
        assert [line for line in after if line in before] == [line for line in before if '"ledger_head"' not in line]
        assert len(after) == len(before) + 1
    newest = reopened(node, lambda connection: ledger.newest(connection, 10))
    assert isinstance(newest, list) and [each.sequence for each in newest] == [4, 3, 2, 1]
    assert (newest[0].kind, newest[0].actor, newest[0].detail["entries"]) == (Kind.RESTORE, shell_actor(), 3)
    assert [each.name for each in reopened(node, accounts)] == ["ada"]  # type: ignore[attr-defined]
    theirs = reopened(node, lambda connection: connection.execute(text("SELECT id FROM theirs")).scalars().all())
    assert theirs == [7]
    with pytest.raises(Exception, match="newer"):
        reopened(node, lambda connection: connection.execute(text("SELECT * FROM newer")))


@pytest.mark.parametrize("spoiled", ["", "no json\n", '{"version":"0001"}\n', "cut", "other end", "unknown version"])
def test_a_file_that_is_not_whole_changes_nothing(node: OpenNode, url: str, spoiled: str) -> None:
    file = node.folder.path / "state.ndjson"
    set_state_aside(node.folder.path, file)
    whole = file.read_text("utf-8")
    first, _, rest = whole.partition("\n")
    shapes = {
        "cut": whole[:-20], "other end": first.replace('"entries":3', '"entries":2') + "\n" + rest,
        "unknown version": first.replace('"version":"', '"version":"9') + "\n" + rest,
    }  # fmt: skip
    file.write_text(shapes.get(spoiled, spoiled), "utf-8")
    before = lines(node.store)
    node.store.close()
    with pytest.raises(StateError):
        put_state_back(node.folder.path, file)
    assert reopened(node, lambda connection: sorted(copied(connection))) == before


def test_the_state_of_a_node_that_runs_is_not_replaced(node: OpenNode) -> None:
    file = node.folder.path / "state.ndjson"
    set_state_aside(node.folder.path, file)
    node.folder.run.mkdir(exist_ok=True)
    with _only_one(node.folder), pytest.raises(StateError, match="the node is running"):
        put_state_back(node.folder.path, file)


def test_an_older_file_is_not_overwritten_and_one_that_is_gone_is_told(node: OpenNode, tmp_path: Path) -> None:
    file = tmp_path / "there"
    file.write_text("", "utf-8")
    with pytest.raises(StateError, match="cannot be written"):
        set_state_aside(node.folder.path, file)
    with pytest.raises(StateError, match="cannot be read"):
        put_state_back(node.folder.path, tmp_path / "nowhere")
