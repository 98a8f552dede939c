"""Vocabularies and words for people."""
