"""The ladder inside a landing: each conflicted file climbs until a rung has solved it.

    climb.py        the files of one conflict: what is left, what a rung made of each
    policies.py     which rungs a class of conflict may try, and what a person does about it
    person.py       what somebody made of it by `wta resolve`
    regenerate.py   generated files: the target's version, then the declared command
    memory.py       answers that landed and were verified
    floor.py        the rungs that need no model: `wtagents/ladder`
    apart.py        the ladder as a program of its own, which may crash and hang
    mergiraf.py     the structural rung of another program, where it is on PATH
    candidates.py   mechanical answers, one for each try
    agent.py        the resolver, for all files that are left at once
    last.py         who tries after it: an agent with tools, in a folder of the files alone
    question.py     what both are asked
    judge.py        what an answer of candidates and resolver must pass before a gate looks at it
    trial.py        the tries: candidates and the resolver against the gates
    slot.py         one commit in a scratch worktree
    foresee.py      the rungs that ask nobody, for forecasts and for a person's checkout
    refusals.py     what a person reads when a rung cannot go on

A rung takes a `Climb`, answers what it can, and returns a `Refusal` only when nobody may go on.
"""
