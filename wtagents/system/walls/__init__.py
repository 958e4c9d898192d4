"""Walls round a program, and the one way out of them."""
