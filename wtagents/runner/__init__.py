"""The parent of exactly one agent process, started as `python -m wtagents.runner RUN_FOLDER`.

    claim       the run is ours, or somebody else's and we leave (life)
    prepare     wait for the files of the worktree, run the set-up commands
    drive       start the agent, follow its output, hand over messages, stop it when asked
    clear       stop whatever of the run outlived its agent, and prove it
    exit        say how it ended, last of all (life)

What its programs say goes through it into the files, without credentials. It outlives the terminal,
the command and the supervisor that started it, reads its order and its inbox, and writes files of
its run folder only: no store, no policy, no retries.
"""
