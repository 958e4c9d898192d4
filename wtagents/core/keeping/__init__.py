"""What is kept, for how long, and when it may go."""
