"""Live inputs: what reaches the node over the network, into the journal."""
