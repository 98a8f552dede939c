"""A duty day for one person: the exercise, the node, the analyst who types commands, and what came of it."""
