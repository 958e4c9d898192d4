from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.credentials import CANARIES, LETTERS, MARKS
from tests.support.small_disk import mount_small_disk
from wtagents.core.errors import SystemFault
from wtagents.system.programs.intake import CAPACITY, Intake

TOKEN = f"ghp_{LETTERS[:36]}"


def test_a_line_is_there_as_soon_as_it_is_poured(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    intake = Intake(log)
    with intake.entry() as entry:
        os.write(entry, b"whole\nbeg")
        intake.pour()
        assert log.read_text() == "before\nwhole\n"
        os.write(entry, b"un\n\xff\x00 no text\nopen")
    intake.pour()
    assert log.read_bytes() == b"before\nwhole\nbegun\n\xff\x00 no text\n"
    assert intake.is_over
    intake.close()
    assert log.read_bytes().endswith(b"\nopen")


def test_no_credential_comes_to_the_disk_however_the_pieces_fall(tmp_path: Path) -> None:
    said = "".join(f"{each}\n" for each in CANARIES).encode()
    for size in (1, 7, 64, 4096):
        log = tmp_path / f"log-{size}"
        intake = Intake(log)
        with intake.entry() as entry:
            for start in range(0, len(said), size):
                os.write(entry, said[start : start + size])
                intake.pour()
        intake.close()
        text = log.read_text()
        assert [mark for mark in MARKS if mark in text] == [], size
        assert text.count("\n") == len(CANARIES)


def test_a_line_without_an_end_goes_on_word_by_word(tmp_path: Path) -> None:
    log, words = tmp_path / "log", b"word " * (CAPACITY // 5)
    intake = Intake(log)
    with intake.entry() as entry:
        for part in (words, TOKEN[:20].encode(), TOKEN[20:].encode() + b" ", words):
            os.write(entry, part)
            intake.pour()
    intake.close()
    assert log.read_bytes() == words + b"[GitHub token] " + words


def test_what_a_full_disk_does_not_take_waits(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        log = disk.root / "log"
        intake = Intake(log)
        disk.fill()
        with intake.entry() as entry:
            for number in range(3):
                os.write(entry, b"%d\n" % number * 2000)
                intake.pour()
            assert log.stat().st_size < 12_000
            disk.free()
            intake.close()
        assert log.read_bytes() == b"".join(b"%d\n" % number * 2000 for number in range(3))


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match=f"cannot write {tmp_path}/no/log"):
        Intake(tmp_path / "no" / "log")
