"""The built-in agent: a real program that speaks like Claude Code and does what its prompt says."""
