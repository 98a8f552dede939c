"""Incidents that people open, and when somebody first acknowledged each: states are derived anew from their events."""

import sqlalchemy as sa
from alembic import op

from tocsin.node.store.incident_check import derive_anew

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column, and write what older events say now."""
    op.add_column("incidents", sa.Column("organisation", sa.Text, nullable=False, server_default=""))
    derive_anew(op.get_bind())
