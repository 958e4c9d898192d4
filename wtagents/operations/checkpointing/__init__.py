"""Checkpoints of worktrees: taking them, thinning them, and knowing when one is due."""
