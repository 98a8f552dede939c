"""The state database: one module a kind of thing that the node keeps."""
