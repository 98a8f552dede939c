"""Who is who, asked of the lake: SQL over its views, and findings named by the answers."""

from tocsin.node.identities.lookup import Identified, Identities, identified

__all__ = ["Identified", "Identities", "identified"]
