"""One table a language; `LANGUAGE` is its name in every file."""
