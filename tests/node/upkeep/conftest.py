"""A node to look after."""

from node_folders import make_node, node

__all__ = ["make_node", "node"]
