"""The door to the machine: clock, commands, processes, locks, paths, files; rooms for the rest."""
