"""The running node: configuration, processes, start and stop."""
