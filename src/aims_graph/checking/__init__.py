"""Evidence rules: SHACL read, run by a fast engine and a reference, and told as findings and reports."""
