"""The door to git: the hardened repository, refs, the hub, worktrees; rooms for the rest."""
