"""What may go to whom: markings and decisions that are pure functions. Deny by default."""
