"""What comes in as records, and goes out again: tables, workbooks, JSON and RDF, read by forms that are data."""
