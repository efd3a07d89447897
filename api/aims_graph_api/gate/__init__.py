"""What stands before the routes: who asks, how often, how much, and what is logged of it."""
