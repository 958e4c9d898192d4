"""A target's ref and the checkouts that have it move together; after a kill they settle."""
