"""One command per file, found by its name and imported only when it is called."""
