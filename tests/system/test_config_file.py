from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from wtagents.core.config.settings import Layer
from wtagents.core.errors import ConfigError, ExitCode
from wtagents.system.config_file import load_layer, load_layers, user_file

REPOSITORY = b'[merge]\ngate = ["pytest"]\n'
USER = b'[agent]\nmodel = "opus"\n'


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refusal(path: Path) -> tuple[str, str, str]:
    with pytest.raises(ConfigError) as caught:
        load_layer(path, is_repository=True)
    assert caught.value.exit_code is ExitCode.CONFIG
    return caught.value.message, caught.value.cause, caught.value.hint


def test_the_repository_lies_under_the_user(tmp_path: Path, sandbox: Sandbox) -> None:
    mine = write(sandbox.config / "wta" / "config.toml", USER)
    committed = write(tmp_path / "wta.toml", REPOSITORY)
    assert user_file() == mine
    assert load_layers(tmp_path) == (
        Layer(
            source=str(committed),
            values={"merge": {"gate": ["pytest"]}},
            content=REPOSITORY,
            is_repository=True,
        ),
        Layer(source=str(mine), values={"agent": {"model": "opus"}}, content=USER),
    )
    assert [layer.source for layer in load_layers(None)] == [str(mine)]


def test_no_file_is_no_layer(tmp_path: Path) -> None:
    assert load_layers(tmp_path) == ()
    assert load_layers(tmp_path / "gone") == ()


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "wta.toml", b"")
    assert load_layer(path, is_repository=False) == Layer(source=str(path), values={})


@pytest.mark.parametrize(
    ("content", "line", "cause"),
    [
        (b"[merge\n", 1, "Expected ']' at the end of a table declaration (at line 1, column 7)"),
        (b"a = 1\na = 2\n", 2, "Cannot overwrite a value (at line 2, column 6)"),
        (b'x = "\xe9"', None, "'utf-8' codec can't decode byte 0xe9 in position 5: invalid"),
    ],
)
def test_what_is_not_toml(tmp_path: Path, content: bytes, line: int | None, cause: str) -> None:
    path = write(tmp_path / "wta.toml", content)
    message, found, hint = refusal(path)
    place = f"{path}:{line}" if line else path
    assert message == f"{place}: this is not valid TOML"
    assert found.startswith(cause)
    what = "line" if line else "file"
    assert hint == f"correct the {what}, or move the file away"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "wta.toml"
    folder.mkdir()
    assert refusal(folder) == (
        f"cannot read {folder}",
        "is a directory",
        f"check it: ls -la {folder}",
    )
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    assert refusal(loop)[1] == "too many levels of symbolic links"
    below = write(tmp_path / "file", b"") / "wta.toml"
    assert refusal(below)[1] == "not a directory"
