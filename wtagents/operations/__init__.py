"""One verb per file: a context and a frozen request in, an operation result out.

What it takes to begin a run stands in `starting/`, to land a task in `landing/`, to look for
hazards in `checks/`.
"""
