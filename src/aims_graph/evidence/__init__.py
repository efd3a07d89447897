"""What evidence is asked for, what is held, whether it holds good and for how long, and what is due when."""
