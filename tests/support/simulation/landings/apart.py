"""A deed in a process of its own: it really dies, and nothing of it tidies up afterwards.

The process tells its parent over a pipe what it does, and waits there while others get in between.
No database may be open in the parent when it begins.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.simulation.machine import Violation
from tests.support.simulation.world import Fate
from wtagents.core.errors import WtaError

if TYPE_CHECKING:
    from typing import TextIO

for late in ("git", "wtagents.operations.starting.git_program"):
    # What a program loads when it comes to it, each process would load again.
    importlib.import_module(late)

Hear = Callable[[str, list[Any]], None]
"""Takes one message of the process: what it is about, and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A step of a process: the first so many effects pass, then one that is named so, if at all."""

    after: int
    name: str = ""


class _Watch:
    """Waits for a moment, which comes once."""

    def __init__(self, moment: Moment | None) -> None:
        self._moment = moment
        self._left = 0 if moment is None else moment.after

    def is_now(self, name: str) -> bool:
        """Whether it is this effect."""
        self._left -= 1
        if self._moment is None or self._left >= 0 or self._moment.name not in name:
            return False
        self._moment = None
        return True


class FarFate(Fate):
    """The fate of a process that is told by its parent when to die, and when to wait for others."""

    def __init__(self, *, crash: Moment | None, meanwhile: Moment | None, line: Line) -> None:
        super().__init__()
        self._crash = _Watch(crash)
        self._meanwhile = _Watch(meanwhile)
        self._line = line
        self._turn = threading.Lock()
        self._actor = threading.get_ident()

    def effect(self, name: str) -> None:
        """Pass a step of the process: its threads take turns, so that a seed is repeatable."""
        with self._turn:
            if self._meanwhile.is_now(name):
                self._line.ask("meanwhile", name, self.alone)
            if self._crash.is_now(name):
                self._line.say("crash", name)
                os.kill(os.getpid(), signal.SIGKILL)

    def own_effect(self, name: str) -> None:
        """`effect`, unless a thread passes it that only looks."""
        if threading.get_ident() == self._actor:
            self.effect(name)


class Line:
    """What a process has to its parent."""

    def __init__(self, speaks: TextIO, hears: TextIO) -> None:
        self._speaks = speaks
        self._hears = hears

    def say(self, about: str, *what: object) -> None:
        """Tell the parent."""
        print(json.dumps([about, *what]), file=self._speaks, flush=True)

    def ask(self, about: str, *what: object) -> None:
        """Tell the parent, and wait until it answers."""
        self.say(about, *what)
        self._hears.readline()


def act_apart(deed: Callable[[Line], None], hear: Hear) -> None:
    """Do something in a process of its own, and hear what it says until it has ended.

    Raises Violation when it ends by what nobody foresaw.
    """
    heard_by, speaks = os.pipe()
    hears, answers = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(heard_by)
        os.close(answers)
        _be_apart(deed, Line(os.fdopen(speaks, "w"), os.fdopen(hears)))
    os.close(speaks)
    os.close(hears)
    last = ""
    with os.fdopen(heard_by) as said, os.fdopen(answers, "w") as answer:
        for line in said:
            last, *what = json.loads(line)
            hear(last, what)
            if last == "meanwhile":
                print(file=answer, flush=True)
    os.waitpid(pid, 0)
    if last not in ("crash", "end"):
        raise Violation("a process was gone without a word")


def _be_apart(deed: Callable[[Line], None], line: Line) -> None:
    try:
        deed(line)
    except WtaError as error:
        line.say("refused", error.message, error.cause or "")
    except BaseException:  # noqa: BLE001 - the parent tells it
        line.say("defect", traceback.format_exc())
    line.say("end")
    os._exit(0)
