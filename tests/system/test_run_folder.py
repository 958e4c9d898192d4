from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from wtagents.core.ids import Oid, RunId, TaskName
from wtagents.core.inquiry import Inquiry, Option
from wtagents.core.isolation.confinement import Confinement, Link, Replacement, SandboxMode
from wtagents.core.isolation.network import NONE
from wtagents.core.message import MessageKind, Taken
from wtagents.core.order import Order
from wtagents.core.record import replace
from wtagents.core.run import (
    Exit,
    ExitReason,
    Phase,
    ProcessIdentity,
    Pulse,
    Question,
    Usage,
)
from wtagents.core.task import AgentKind
from wtagents.core.tending.trail import Look, Trail
from wtagents.system import run_folder
from wtagents.system.clock import SystemClock
from wtagents.system.paths import RunFolder

AT = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
USAGE = Usage(
    cost_usd=0.25,
    input_tokens=10,
    output_tokens=20,
    turns=2,
    context_tokens=30,
    context_window=200_000,
    model="claude-haiku-4-5",
)
ORDER = Order(
    run_id=RunId("10000000-0000-4000-8000-000000000001"),
    task=TaskName("feat/x"),
    worktree=Path("/w/\udcff \n'x"),
    agent=AgentKind.CLAUDE,
    argv=("claude", "-p", "--", "\udce9"),
    environment=(("A", "1"), ("B", "=")),
    yields=True,
    session_id="20000000-0000-4000-8000-000000000001",
    prompt="Do it.\n\ud800",
    setup=("make deps",),
    setup_seconds=600,
    timeout_seconds=None,
    stop_seconds=10.5,
    confinement=Confinement(
        mode=SandboxMode.BUBBLEWRAP,
        program="/usr/bin/bwrap",
        write=(Path("/w/\udcff"),),
        guard=(Path("/w/\udcff/.git"),),
        hide=(Path("/home/ada/.ssh"),),
        show=(Path("/s/instructions.md"),),
        links=(Link(place=Path("/h/.claude/settings.json"), target="../dots/settings.json"),),
        replace=(Replacement(place=Path("/t"), source=Path("/s/tmp")),),
        hollow=Path("/w/.git"),
        network=NONE,
        environment=(("TMPDIR", "/t"),),
    ),
)
PULSE = Pulse(
    phase=Phase.ASKING,
    doing="Bash: make",
    question=Question(
        request_id="q1",
        tool="AskUserQuestion",
        summary="Which?",
        asked_at=AT,
        inquiries=(
            Inquiry(
                text="Which?\ud800",
                header="",
                options=(Option(label="one", about="1", preview="a\nb"), Option(label="two")),
                many=True,
            ),
        ),
    ),
    usage=USAGE,
    session_id="s",
    at=AT,
)
EXIT = Exit(
    reason=ExitReason.RATE_LIMITED,
    detail="5-hour limit",
    exit_code=-9,
    denials=("Bash: rm",),
    retry_at=AT,
    usage=USAGE,
    survivors=3,
    at=AT,
)
CLAIM = ProcessIdentity(boot_id="b", pid=7, start=9)
TRAIL = Trail(looks=(Look(tree=Oid("1" * 40), head=Oid("2" * 40), at=AT, turn=3),), turn=4)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(root=tmp_path / "runs" / ORDER.run_id)
    run_folder.write_order(folder, ORDER)
    return folder


def test_an_order_comes_back_equal_and_its_folder_is_private(folder: RunFolder) -> None:
    assert run_folder.load_order(folder) == ORDER
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.root.iterdir()}
    assert modes == {"order.json": 0o600, "inbox": 0o700, "taken": 0o700}


def test_facts_come_back_equal(folder: RunFolder) -> None:
    run_folder.write_agent(folder, CLAIM)
    run_folder.write_pulse(folder, PULSE)
    run_folder.write_exit(folder, EXIT)
    assert run_folder.load_agent(folder) == CLAIM
    assert run_folder.load_pulse(folder) == PULSE
    assert run_folder.load_exit(folder) == EXIT


def test_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    folder = RunFolder(root=tmp_path / "gone")
    clock = SystemClock()
    assert run_folder.load_order(folder) is None
    assert run_folder.load_claim(folder) is None
    assert run_folder.load_agent(folder) is None
    assert run_folder.load_pulse(folder) is None
    assert run_folder.load_exit(folder) is None
    assert run_folder.heartbeat_age(folder, clock) is None
    assert run_folder.activity(folder) is None
    assert run_folder.activity_age(folder, clock) is None
    assert run_folder.posted(folder) == frozenset()
    assert run_folder.load_taken(folder) == {}


def test_only_the_first_claim_counts(folder: RunFolder) -> None:
    later = ProcessIdentity(boot_id="b", pid=8, start=9)
    assert run_folder.write_claim(folder, CLAIM)
    assert not run_folder.write_claim(folder, later)
    assert run_folder.load_claim(folder) == CLAIM
    assert sorted(path.name for path in folder.root.iterdir()) == [
        "claim.json",
        "inbox",
        "order.json",
        "taken",
    ]


def test_messages_and_what_became_of_them(folder: RunFolder) -> None:
    run_folder.post_message(folder, 12, MessageKind.TEXT, "hé\n")
    run_folder.post_message(folder, 9, MessageKind.FINISH, "")
    run_folder.post_message(folder, 9, MessageKind.FINISH, "")
    for foreign in (".13.json.5.tmp", "x.json", "014.json", "15.txt", "9" * 5000 + ".json"):
        if len(foreign) < 255:
            (folder.inbox / foreign).write_text("{}")
    assert run_folder.posted(folder) == {9, 12}
    assert run_folder.load_posted(folder, 12) == run_folder.Posted(
        message_id=12, kind=MessageKind.TEXT, body="hé\n"
    )
    assert run_folder.load_posted(folder, 13) is None
    (folder.inbox / "16.json").write_text('{"kind": "shout", "body": ""}')
    assert run_folder.load_posted(folder, 16) is None

    taken = Taken(message_id=9, delivered=False, reason="too late", at=AT)
    run_folder.write_taken(folder, taken)
    (folder.taken / "12.json").write_text('{"delivered": 1, "reason": "", "at": ""}')
    assert run_folder.load_taken(folder) == {9: taken}


def test_ages_follow_the_files_and_are_never_negative(folder: RunFolder) -> None:
    run_folder.beat(folder)
    folder.stream.write_bytes(b"12345")
    now = SystemClock().now().timestamp()
    os.utime(folder.heartbeat, (now - 100, now - 100))
    os.utime(folder.stream, (now + 100, now + 100))
    age = run_folder.heartbeat_age(folder, SystemClock())
    assert age is not None
    assert 100 <= age < 160
    assert run_folder.activity_age(folder, SystemClock()) == 0.0
    assert run_folder.activity(folder) == run_folder.Activity(size=5, modified=now + 100)
    run_folder.beat(folder)
    age = run_folder.heartbeat_age(folder, SystemClock())
    assert age is not None
    assert age < 60


YOUNGER = frozenset(
    {
        *("limited_until", "repeats", "repeated", "full_turn", "still", "refused"),
        *("checks", "check_seconds", "budget_tokens", "copying", "confines_setup"),
    }
)
"""Fields that the first version did not write: what it left must still be read."""


def _damaged(whole: dict[str, Any]) -> list[bytes]:
    """Torn text, other documents, a key missing that always was there, values of a wrong type."""
    text = json.dumps(whole).encode()
    variants = [b"", text[:-1], text[: len(text) // 2], b"null", b"[]", b"\xff\xfe", b"[" * 99_999]
    wrong: tuple[Any, ...] = ({}, [7], True, float("nan"))
    for key, right in whole.items():
        if key not in YOUNGER:
            variants.append(json.dumps({k: v for k, v in whole.items() if k != key}).encode())
        others = (value for value in wrong if type(value) is not type(right))
        variants += [json.dumps(whole | {key: value}).encode() for value in others]
    return variants


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("order", run_folder.load_order),
        ("claim", run_folder.load_claim),
        ("pulse", run_folder.load_pulse),
        ("exit", run_folder.load_exit),
        ("trail", run_folder.load_trail),
    ],
)
def test_damage_is_never_an_exception_and_never_a_record(
    folder: RunFolder, name: str, load: Callable[[RunFolder], object]
) -> None:
    run_folder.write_claim(folder, CLAIM)
    run_folder.write_pulse(folder, PULSE)
    run_folder.write_exit(folder, EXIT)
    run_folder.write_trail(folder, TRAIL)
    path: Path = getattr(folder, name)
    whole = path.read_bytes()
    for data in _damaged(json.loads(whole)):
        path.write_bytes(data)
        assert load(folder) is None, data[:200]
    path.write_bytes(whole)
    assert load(folder) is not None
    assert run_folder.load_trail(folder) == TRAIL


def test_of_the_pulses_there_were_each_is_found_by_its_moment(folder: RunFolder) -> None:
    assert run_folder.pulse_until(folder, AT) is None
    moments = [AT + timedelta(seconds=3 * number) for number in range(50)]
    for number, at in enumerate(moments):
        folder.stream.write_bytes(b"x" * number)
        os.utime(folder.stream, (at.timestamp(), at.timestamp()))
        run_folder.keep_pulse(folder, replace(PULSE, doing="y" * (7 * number % 90)), at)
        if number % 7 == 3:  # a disk that was full took half a line
            with folder.pulses.open("ab") as kept:
                kept.write(b'{"at": "2026\n\xff\n')
    with folder.pulses.open("ab") as kept:
        kept.write(b'{"at": "half a li')
    for number, at in enumerate(moments):
        for late in (0.0, 2.9):
            found = run_folder.pulse_until(folder, at + timedelta(seconds=late))
            assert found is not None
            assert (found.at, found.said, found.spoke_at) == (at, number, at)
            assert found.pulse == replace(PULSE, doing="y" * (7 * number % 90))
    assert run_folder.pulse_until(folder, AT - timedelta(microseconds=1)) is None
