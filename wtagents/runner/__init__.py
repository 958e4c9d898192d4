"""The parent of exactly one agent process; it outlives the supervisor and the terminal."""
