"""One module a sink that makes foreign text harmless there."""
