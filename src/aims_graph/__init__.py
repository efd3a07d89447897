"""aims-graph: a cross-framework traceability knowledge graph for AI governance.

Files are read (`files`), become one graph (`graph`) and a catalogue of
provisions and mappings (`catalogue`); `inference` derives claims with their
proofs; `trace` answers questions; `cli`, `view` and the service show them.
"""

__version__ = "0.1.0"
