"""Constituents, and what they are told."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "constituents",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_constituents"),
    )
    op.create_table(
        "tellings",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("mails", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_us", sa.BigInteger, nullable=False),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.Column("released_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_tellings"),
    )
    op.create_index("ix_tellings_incident", "tellings", ["incident"])
