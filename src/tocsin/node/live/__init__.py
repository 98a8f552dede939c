"""The engine: follows streams and files into the lake."""
