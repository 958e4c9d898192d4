"""The door to git: the hardened repository, the hub, worktrees, snapshots, replay, advance."""
