"""Rung "rules": one rule a file, a function of one hunk. `table.py` has their order."""
