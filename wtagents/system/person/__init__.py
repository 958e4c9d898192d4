"""Ways to a person: the terminal, the desktop, the editor, an address of theirs."""
