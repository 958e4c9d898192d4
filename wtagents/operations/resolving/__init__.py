"""What `wta resolve` works with: a prepared checkout for a person, and what comes of it.

step.py      the next conflict that needs a person, everything else solved
desk.py      the checkout on disk and the record of what was opened in it
retire.py    what becomes of a checkout whose task has ended in another way
verify.py    what a person made of it: still undecided, or answers to keep
"""
