"""Makes the bundle: one directory that installs and upgrades a machine without a network (`make bundle`)."""
