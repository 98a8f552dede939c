"""A node, for what of it people read."""

from node_folders import make_node, node

__all__ = ["make_node", "node"]
