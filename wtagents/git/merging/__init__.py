"""Merging in the hub: replay, prediction, conflicts, clashes; no checkout is touched."""
