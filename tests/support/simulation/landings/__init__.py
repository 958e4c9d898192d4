"""Landings beside people who commit, on a real repository that lies in memory.

What lands is git's own objects, so nothing here pretends to be git: only the gates, the clock and
the agents are made up. Whoever lands is a process of its own, which can be killed before, inside
and after every transaction, git command and gate (`apart`); `play` is one seed, `history` says what
must be true of main.
"""
