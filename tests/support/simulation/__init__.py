"""The loop against a machine that is made up: seeded, crashing, faster than time.

`machine` is the process table, the clock and the life of agents; `world` puts it behind the port of
the tick and lets the tick die, or be overtaken, at any effect; `play` is one seed: people, faults
and ticks in turn; `rules` says what must hold after every step; `mutants` are mistakes that must be
noticed. Rows, run folders and the loop itself are the real ones.
"""
