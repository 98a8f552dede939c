"""Reasons of rescues, beside the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reasons",
        sa.Column("sequence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_reasons"),
    )
