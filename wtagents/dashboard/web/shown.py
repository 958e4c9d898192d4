"""What every page of a server shows: told to each application on its command line."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence


@record
class Shown:
    """The dashboard as it was asked for."""

    common_dir: Path
    """The repository, or the first of all."""
    everywhere: bool = False
    """Whether every repository of this user that has tasks is shown."""
    at: datetime | None = None
    """Moment of the past to begin with."""
    theme: str
    may_act: bool

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `parse_shown` makes the same of."""
        at = () if self.at is None else ("--at", self.at.isoformat())
        everywhere = ("--all",) if self.everywhere else ()
        control = ("--control",) if self.may_act else ()
        return (str(self.common_dir), "--theme", self.theme, *at, *everywhere, *control)


def parse_shown(arguments: Sequence[str]) -> Shown:
    """Return what an application is to show. Ends the program where that is not said."""
    parser = ArgumentParser(prog="python -m wtagents.dashboard.web")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme", required=True)
    parser.add_argument("--at", type=datetime.fromisoformat)
    parser.add_argument("--all", action="store_true", dest="everywhere")
    parser.add_argument("--control", action="store_true")
    said = parser.parse_args(arguments)
    return Shown(
        common_dir=said.folder,
        everywhere=said.everywhere,
        at=said.at,
        theme=said.theme,
        may_act=said.control,
    )
