"""Walls round agents: which kind works here, and what they leave open."""
