"""Detection: rules, analytics, indicators and learned scorers over batches and the lake."""
