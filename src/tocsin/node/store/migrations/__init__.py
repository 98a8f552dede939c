"""How the tables of the state database came to be: one file a version, in the order of their numbers."""
