"""Conflicts between agents while they work: clashes, claims, symbols."""
