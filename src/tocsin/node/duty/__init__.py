"""The daily work looked at as a whole: the hand-over of a shift, and counts over a period."""
