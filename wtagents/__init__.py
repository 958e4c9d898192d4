"""Many Claude Code agents in parallel on one git repository, and a result to trust.

A task is a wish written in a database; everything else is reconciliation:

    observe (store, git, process table)  ->  plan (pure)  ->  apply (idempotent, guarded)

The house, imports point down only:

    cli > dashboard | demo   what a person sees; thin; no decision lives here | the whole walk
    supervisor               loop, tick, wake
    operations | runner      verbs over the floors below | the parent of one agent
    git | agent | store      to git, to the agent program, to SQLite (strangers to each other)
    ladder                   three texts of a conflicted file to one; beside them, knows core only
    system                   clock, command, process, lock, paths, files, configuration, logs
    core                     what things are and how they may change: pure, no I/O

Who writes what: commands and dashboard write intents (rows); a runner writes facts (files of its
own run folder, it knows no database); the tick writes the states of tasks and runs (rows); the
merger writes merge states and target refs. Intent, fact and state never share a column. One
supervisor and one merger: each holds a lock file for life, so a dead one holds nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"
