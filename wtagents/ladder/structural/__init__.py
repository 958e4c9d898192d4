"""Rung "structural": a merge of syntax trees. The only room that imports tree-sitter, lazily.

    merge.py        the way in: three texts to one
    parsing.py      text -> tree; what is too large or too deep is not parsed
    languages/      the tables, one language a file; language.py says what a table holds
    reading.py      tree -> units (unit.py); source.py, holders.py, naming.py serve it
    alignment.py    which units of three lists are the same
    merging.py      three lists of units to one; ordering.py where additions stand
    guards.py       what is left alone: renamed, needed, meant twice
    rows.py         rows that stand in the result in another form

A unit is an import, a function, a class, a key, a member of a list, with the comments above it.
Grammars are an extra, `wtagents[structural]`; without one its language is left alone.
"""
