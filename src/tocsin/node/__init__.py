"""The running node; for now the pipeline that `scan` uses."""
