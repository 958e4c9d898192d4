"""What it takes to begin a run: worktree, instructions, order, runner."""
