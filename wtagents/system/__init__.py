"""The door to the machine: clock, ids, programs, processes, locks, paths, files, logs."""
