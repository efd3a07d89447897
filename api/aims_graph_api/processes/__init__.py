"""The processes of a service: one that writes, those that answer, and one that looks after them."""
