"""The demo: the whole walk on a throwaway repository, played by real processes and then proved.

Four tasks are spawned at once: one that lands cleanly, two that change the same place and so need
a resolution, one that breaks the tests and must be rejected. The files of `data/` are what the
agents are told and what they work on; a file of `data/tasks/` holds the words for a real agent and
behind `scenario:` the steps of the built-in one.
"""
