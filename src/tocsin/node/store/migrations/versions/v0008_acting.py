"""What is done about incidents: playbooks that were begun, proposed actions, legal clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    for name in ("playbook_runs", "actions", "legal_clocks"):
        more = [sa.Column("last_sid", sa.BigInteger, nullable=True)] if name == "actions" else []
        op.create_table(
            name,
            sa.Column("id", sa.String(20), nullable=False),
            sa.Column("incident", sa.Text, nullable=False),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("standing", sa.Boolean, nullable=False),
            sa.Column("changed_us", sa.BigInteger, nullable=False),
            sa.Column("body", sa.Text, nullable=False),
            *more,
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_incident", name, ["incident"])
