"""Keeping what lies in a worktree, and taking a worktree away or bringing it back."""
