"""The ledger: what people and models decided, in a chain that shows every later change. Values only, no I/O."""
