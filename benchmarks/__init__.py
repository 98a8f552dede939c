"""Figures that the documents quote: each script prints what it measured, on what data and machine."""
