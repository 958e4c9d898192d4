"""Whole folders and the space they take: copied, exchanged, deleted, private for one act."""
