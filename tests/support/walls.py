"""Walls of one kind, for tests of what stands inside them."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir

import pytest

from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.isolation.network import ALL, Network
from wtagents.system.command import find_program
from wtagents.system.walls.confine import trial_fault


def require_walls(kind: str, network: Network = ALL) -> SandboxMode:
    """Return a kind of walls, or skip where this machine has it not.

    Walls that stand and do not hold are a defect, never a reason to skip.
    """
    mode = SandboxMode(kind)
    program = find_program("bwrap") or "" if mode is SandboxMode.BUBBLEWRAP else ""
    if mode is SandboxMode.BUBBLEWRAP and not program:
        pytest.skip("bubblewrap is not installed")
    if Path(gettempdir()).is_relative_to("/dev"):
        pytest.skip("temporary files lie in /dev, which is open to every program inside")
    fault = trial_fault(mode, program, network)
    if fault.startswith("a program inside"):
        pytest.fail(f"{kind}: {fault}")
    if fault:
        pytest.skip(fault)
    return mode
