"""Looking at a worktree whose agent nobody trusts."""
