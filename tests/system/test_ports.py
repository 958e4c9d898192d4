from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wtagents.system.sharing.ports import FIRST, claim_block, claimed_block


def folders(place: Path, *names: str) -> list[Path]:
    made = [place / name for name in names]
    for folder in made:
        folder.mkdir(parents=True)
    return made


def first(home: Path, worktree: Path) -> int:
    block = claim_block(home, worktree, worktree.name)
    assert block is not None
    return block.first


def test_every_worktree_has_a_block_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    home, trees = tmp_path / "ports", folders(tmp_path, *(f"r{n % 2}/t{n}" for n in range(8)))
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda tree: first(home, tree), trees * 2))
    assert len(set(given)) == 8
    assert given[:8] == given[8:]


def test_a_block_is_free_again_when_its_worktree_is_gone(tmp_path: Path) -> None:
    home, (one, two) = tmp_path / "ports", folders(tmp_path, "one", "two")
    before = first(home, one)
    one.rmdir()
    assert first(home, two) == before
    assert claimed_block(home, one) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])  # noqa: S104
def test_a_block_in_which_somebody_listens_is_passed_over(tmp_path: Path, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    (tree,) = folders(tmp_path, "tree")
    with socket.socket(family) as server:
        server.bind((address, first(tmp_path / "a", tree) + 3))
        server.listen()
        busy = server.getsockname()[1] - 3
        assert first(tmp_path / "b", tree) > busy >= FIRST
