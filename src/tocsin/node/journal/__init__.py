"""The bounded disk queue between inputs and lake."""
