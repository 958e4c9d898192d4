"""The radar: look at all worktrees, say who clashes with whom, tell those whom it concerns."""
