"""What follows, compiled to arrays: a claim is looked up, not searched for."""
