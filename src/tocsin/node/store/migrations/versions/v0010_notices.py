"""The on-call list, what was told of which incident, and the tickets of another system."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "oncall",
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mail", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("days", sa.Text, nullable=False),
        sa.Column("begins", sa.String(5), nullable=False),
        sa.Column("ends", sa.String(5), nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("first", sa.String(10), nullable=False),
        sa.Column("last", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_oncall"),
    )
    op.create_table(
        "calls",
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("time_us", sa.BigInteger, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("incident", "step", name="pk_calls"),
    )
    op.create_table(
        "tickets",
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("heard", sa.String(20), nullable=False),
        sa.Column("heard_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_tickets"),
    )
    op.create_table(
        "ticket_messages",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("time_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_messages"),
    )
    op.create_index("ix_ticket_messages_time_us", "ticket_messages", ["time_us"])
