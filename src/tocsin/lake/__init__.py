"""The lake: one Parquet table a source family, a SQLite catalog, SQL views with OCSF names."""
