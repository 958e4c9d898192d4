"""Alerts beside the ticks: what is told, when, once, by every channel, whatever fails."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.waiting import PATIENCE, wait_until
from wtagents.core.config.settings import Layer
from wtagents.core.task import Reason, TaskState
from wtagents.operations.context import Context
from wtagents.operations.observe import observe
from wtagents.operations.telling.notify import notify
from wtagents.operations.trust import trust
from wtagents.store.tasks import move_task
from wtagents.supervisor.alerter import Alerter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clock import ManualClock
    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder

HOSTILE = "\x1b]0;owned\x07--icon=x <b>&'\"`$(id)`"


class Hook:
    """A server on this machine that keeps what is posted to it."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        self.answers = Event()
        """Until it is set, whoever posts waits for the answer."""
        self.answers.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                hook.posted.append(json.loads(self.rfile.read(length)))
                hook.answers.wait(PATIENCE)
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/secret-token"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def told(self) -> list[list[str]]:
        """Return the lines of each notification."""
        return [each["lines"] for each in self.posted]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


class Told(Fleet):
    """A repository whose supervisor tells a person."""

    def set(self, **settings: Any) -> Told:
        """Begin anew, as a supervisor does that was started again."""
        self.context.close()
        layer = Layer(source="--test", values={"notify": {"desktop": "off"} | settings})
        self.context = Context(self.main.path, flags=[layer], clock=self.clock)
        return self

    def look(self, *, at_end: bool = False) -> bool:
        """Let a supervisor look once; return whether it must stay to tell the rest."""
        alerter = Alerter(self.context)
        alerter.wake(observe(self.context))
        busy = alerter.busy
        (alerter.finish if at_end else alerter.settle)()
        return busy

    def park(self, name: str) -> None:
        self.task(name)
        task, at = self.row(name), self.clock.now()
        with self.context.database.write() as db:
            move_task(db, task.id, TaskState.QUEUED, at=at)
            move_task(db, task.id, TaskState.ACTIVE, at=at)
            move_task(
                db, task.id, TaskState.FAILED, at=at, reason=Reason.NO_COMMITS, detail=HOSTILE
            )


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Told:
    return Told(repository, clock=clock)


def test_what_happens_within_a_batch_is_told_together_and_once(
    fleet: Told, hook: Hook, clock: ManualClock
) -> None:
    fleet.set(webhook=hook.address)
    assert not fleet.look()
    for name in ("a", "b"):
        fleet.task(name)
    assert fleet.look()
    clock.advance(3)
    fleet.park("c")
    fleet.park("d")
    fleet.look()
    assert hook.told == []
    clock.advance(2)
    fleet.look()
    told = ["2 tasks are parked: c, d", "2 tasks are ready: a, b"]
    assert hook.told == [told]
    fleet.set(webhook=hook.address)
    clock.advance(60)
    assert not fleet.look()
    assert hook.told == [told]
    fleet.requeue("c")
    fleet.look()
    clock.advance(60)
    task = fleet.row("c")
    with fleet.context.database.write() as db:
        move_task(db, task.id, TaskState.ACTIVE, at=clock.now())
        move_task(db, task.id, TaskState.READY, at=clock.now())
    fleet.look(at_end=True)
    assert hook.told == [told, ["c is ready"]]
    assert [row["task"] for row in fleet.context.database.rows("SELECT task FROM alert")] == ["d"]


def test_what_is_mended_before_it_is_told_is_not_told(
    fleet: Told, hook: Hook, clock: ManualClock
) -> None:
    fleet.set(webhook=hook.address)
    fleet.park("c")
    fleet.look()
    fleet.requeue("c")
    clock.advance(60)
    assert not fleet.look()
    assert hook.told == []


def test_quiet_hours_end_with_one_summary(fleet: Told, hook: Hook, clock: ManualClock) -> None:
    local = datetime(2026, 1, 2, 23, 30, tzinfo=UTC).astimezone()
    clock.advance((local - clock.now()).total_seconds())
    begin, end = f"{local:%H}:00", f"{(local.hour + 8) % 24:02}:00"
    fleet.set(webhook=hook.address, quiet=f"{begin}-{end}")
    fleet.task("a")
    assert fleet.look(at_end=True)
    clock.advance(3600)
    fleet.park("b")
    assert fleet.look(at_end=True)
    assert hook.told == []
    clock.advance(7 * 3600)
    fleet.look()
    assert [(each["title"], len(each["lines"])) for each in hook.posted] == [
        (f"wta: project, since {local:%H:%M}", 2)
    ]


def test_every_channel_is_tried_and_texts_are_inert(
    fleet: Told, hook: Hook, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    played(sandbox, tmp_path, "notify-send", 'printf "%s|" "$@" > "$HOME/shown"\n')
    sandbox.set_variable("DISPLAY", ":0")
    tell = tmp_path / "tell"
    tell.write_text("#!/bin/sh\ncat > $HOME/heard\nexit 3\n")
    tell.chmod(0o755)
    hook.status = 302
    fleet.set(desktop="auto", webhook=hook.address, command=[str(tell)], batch="1s")
    fleet.park("c")
    with caplog.at_level(logging.WARNING):
        fleet.look(at_end=True)
    line = "c is parked: no commits: --icon=x <b>&'\"`$(id)`"
    markup = escape(line, quote=False)
    shown = f"--app-name=wta|--|wta: project|{markup}|"
    assert (sandbox.home / "shown").read_text() == shown
    heard = json.loads((sandbox.home / "heard").read_text())
    assert heard == hook.posted[0]
    assert (heard["lines"], heard["alerts"][0]["topic"]) == ([line], "parked")
    assert [record.message for record in caplog.records] == [
        "alerts: webhook: the webhook was not told: it answers 302",
        f"alerts: command: {tell} failed: exit status 3",
    ]


def test_a_slow_channel_holds_no_tick_up(fleet: Told, hook: Hook, clock: ManualClock) -> None:
    fleet.set(webhook=hook.address)
    hook.answers.clear()
    alerter = Alerter(fleet.context)
    for name in ("a", "b"):
        fleet.task(name)
        alerter.wake(observe(fleet.context))
        clock.advance(60)
        alerter.wake(observe(fleet.context))
        wait_until(lambda: hook.posted)
    assert (hook.told, alerter.busy) == ([["a is ready"]], True)
    hook.answers.set()
    alerter.finish()
    assert hook.told == [["a is ready"], ["b is ready"]]


def test_a_repository_tells_nobody_before_it_is_trusted(fleet: Told, hook: Hook) -> None:
    fleet.main.write({"wta.toml": f'[notify]\ndesktop = "off"\nwebhook = "{hook.address}"\n'})
    fleet.context.close()
    fleet.context = Context(fleet.main.path, clock=fleet.clock)
    refused = notify(fleet.context, test=True)
    assert (int(refused.exit_code), hook.posted) == (1, [])
    trust(fleet.context)
    fleet.context.close()
    fleet.context = Context(fleet.main.path, clock=fleet.clock)
    report = notify(fleet.context, test=True).data
    assert hook.told == [["this is a test"]]
    assert [each.detail for each in report.channels if each.use] == ["127.0.0.1"]


def played(sandbox: Sandbox, folder: Path, name: str, script: str) -> None:
    """Put a program of this name before all others."""
    import os

    programs = folder / "programs"
    programs.mkdir()
    (programs / name).write_text(f"#!/bin/sh\n{script}")
    (programs / name).chmod(0o755)
    sandbox.set_variable("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
