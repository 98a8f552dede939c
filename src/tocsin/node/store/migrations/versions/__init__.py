"""One module a version. A released one is never changed."""
