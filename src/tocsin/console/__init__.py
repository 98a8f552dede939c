"""Pages for analysts; for now the self-contained scan report."""
