"""Fixtures of every test: the sealed environment, a repository, a clock."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.claude_cli import NO_PROGRAM, require_program
from tests.support.clock import CountingIds, ManualClock
from tests.support.environment import Sandbox, sealed_environment
from tests.support.examples import name_soak
from tests.support.processes import require_no_survivors
from tests.support.quick import folder_on_disk, memory_folder, rest_collector, slow_collector
from tests.support.repository import RepositoryBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ["tests.support.fixtures_claude"]


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return the folder of the test: in memory, unless its agents live inside walls."""
    if not _is_walled(request):
        yield tmp_path
        return
    with folder_on_disk() as folder:
        yield folder


@pytest.fixture
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Return what the test has for the HOME of a person, beside its folder."""
    if not _is_walled(request):
        yield tmp_path_factory.mktemp("home")
        return
    with folder_on_disk() as folder:
        yield folder


def _is_walled(request: pytest.FixtureRequest) -> bool:
    """Whether a sandbox is at work, to which /dev is a place of its own."""
    return any(request.node.get_closest_marker(name) for name in ("walls", "claude"))


@pytest.fixture(autouse=True)
def sandbox(home: Path, tmp_path: Path) -> Iterator[Sandbox]:
    """Seal the test off the machine; afterwards prove that none of its processes is left."""
    with sealed_environment(home=home, work=tmp_path) as sealed:
        yield sealed
        require_no_survivors(sealed.mark)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the repository lies of which every test gets a copy."""
    return tmp_path_factory.mktemp("template")


@pytest.fixture
def repository(tmp_path: Path, template: Path) -> RepositoryBuilder:
    """Return a repository with one commit on main."""
    return RepositoryBuilder.begun(tmp_path / "project", template=template)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still until the test moves it."""
    return ManualClock()


@pytest.fixture
def ids() -> CountingIds:
    """Return ids that count from one."""
    return CountingIds()


def pytest_configure() -> None:
    """Name profiles, put the folders of tests into memory, let Ctrl-C reach what tests start.

    A shell that starts the tests in the background has all of them ignore it.
    """
    slow_collector()
    name_soak()
    place = memory_folder()
    if place is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the tests do."""
    rest_collector()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the real CLI where there is none."""
    if item.get_closest_marker("claude"):
        require_program()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were skipped for want of the real CLI."""
    reports = terminalreporter.stats.get("skipped", [])
    names = sorted(report.nodeid for report in reports if NO_PROGRAM in str(report.longrepr))
    if names:
        terminalreporter.section("not run: these need the real Claude Code CLI")
        for name in names:
            terminalreporter.line(name)
