"""One verb per file: a context and a frozen request in, an operation result out."""
