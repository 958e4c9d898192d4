"""Tests of the world, not of the calls: real git, real SQLite, real processes."""
