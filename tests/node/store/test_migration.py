"""The scripts make the tables that the code describes, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from tocsin.node.store import migration
from tocsin.node.store.database import Store
from tocsin.node.store.ledger import HEAD, START
from tocsin.node.store.tables import METADATA, TABLES


def test_the_scripts_make_the_tables_that_the_code_describes(store: Store) -> None:
    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
        assert compare_metadata(context, METADATA) == []
        for table in TABLES:
            connection.execute(select(table).limit(1)).all()


def test_the_ledger_begins_where_the_code_says(store: Store) -> None:
    with store.read() as connection:
        assert dict(connection.execute(select(HEAD)).mappings().one()) == START


def test_versions_are_one_line_of_numbers() -> None:
    versions = sorted(migration.known())
    assert versions == [f"{number:04}" for number in range(1, len(versions) + 1)]
    assert migration.newest() == versions[-1]
