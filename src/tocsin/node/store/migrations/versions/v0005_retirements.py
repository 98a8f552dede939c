"""Sensors that were taken out of service."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "retirements",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("time_us", sa.BigInteger, nullable=False),
        sa.Column("last_received_us", sa.BigInteger, nullable=True),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("ended_why", sa.Text, nullable=False),
        sa.Column("ended_us", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_retirements"),
    )
