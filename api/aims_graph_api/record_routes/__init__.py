"""The routes about the records of an organisation."""
