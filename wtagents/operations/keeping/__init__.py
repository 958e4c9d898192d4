"""Keeping and clearing away: checkpoints, cleanup, trash, and what does it by itself."""
