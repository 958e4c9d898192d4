"""The rungs that need no model: three texts of a file to one, or left alone with the reason.

    climb.py        the order of the rungs, and the check that every result passes
    hunks.py        a file as agreed text and hunks; some of them answered
    outcome.py      what comes of it: Merged, LeftAlone
    check.py        what an answer leaves out, computed from the texts
    declared.py     which tests and functions an answer no longer declares
    mechanical.py   the answers that a hunk has without any choice; weave.py, words.py below it
    sections.py     a piece of a changelog as headings and entries
    rules/          rung "rules": one rule a file, a function of one hunk
    structural/     rung "structural": a merge of syntax trees; the only room that knows tree-sitter
    candidates.py   rung "candidates": the choice among mechanical answers, without gates
    choice/         what the choice knows of an answer, and the forest that weighs it
    keeping.py      mechanical answers that keep both changes, for gates to choose from
    __main__.py     the ladder as a program that may crash; exchange.py: its questions and answers

A rung is a function `(ConflictText) -> Merged | None`; rules and candidates answer hunk by hunk, so
one file may carry several rungs. Pure: no programs, no clock, no files but the shipped forest.
Texts are untrusted data: whoever lands asks the program, never these functions.
"""
