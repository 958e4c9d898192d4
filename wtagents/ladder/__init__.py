"""The rungs that need no model: three texts of a file to one, or left alone with the reason.

    climb.py        the order of the rungs, and the check that every result passes
    hunks.py        a file as agreed text and hunks; some of them answered
    outcome.py      what comes of it: Merged, LeftAlone
    rules/          rung "rules": one rule a file, a function of one hunk
    structural/     rung "structural": a merge of syntax trees; the only room that knows tree-sitter
    candidates.py   rung "candidates": the choice among mechanical answers, without gates

A rung is a function `(ConflictText) -> Merged | None`; rules and candidates answer hunk by hunk, so
one file may carry several rungs. Pure: no files, no programs, no clock. Texts are untrusted data.
"""
