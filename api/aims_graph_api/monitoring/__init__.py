"""How a service does: its health, its numbers, and reading its data anew."""
