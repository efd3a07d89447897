"""SPARQL over HTTP: queries, updates and whole graphs, by the protocols of the W3C."""
