"""The routes about what regulation and standards ask."""
