"""From the lake to findings and incidents, again and again."""
