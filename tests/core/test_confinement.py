from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wtagents.core.config.settings import Layer, resolve_settings
from wtagents.core.config.trust import repository_commands
from wtagents.core.errors import ConfigError
from wtagents.core.isolation.confinement import (
    CACHES,
    SECRETS,
    Confinement,
    Replacement,
    SandboxMode,
    SandboxSettings,
    without_covered,
)
from wtagents.core.isolation.network import ALL, NONE
from wtagents.system.walls.bubblewrap import bubblewrap_argv


def layer(text: str) -> Layer:
    values = tomllib.loads(text)
    return Layer(source="/repo/wta.toml", values=values, content=text.encode(), is_repository=True)


def test_the_defaults() -> None:
    assert resolve_settings(()).sandbox == SandboxSettings(
        mode=SandboxMode.AUTO,
        write=(),
        caches=CACHES,
        hide=SECRETS,
        network=ALL,
        allow_bypass=False,
    )


def test_what_a_repository_may_say_of_the_walls() -> None:
    with pytest.raises(ConfigError) as refused:
        resolve_settings([layer("[sandbox]\nallow_bypass = true\n")])
    assert (refused.value.message, refused.value.hint) == (
        "/repo/wta.toml:2: sandbox.allow_bypass is for a person to decide, not for a repository",
        "delete the line; where it holds: ~/.config/wta/config.toml",
    )
    text = '[sandbox]\nmode = "none"\nwrite = ["/opt"]\nhide = ["~/.ssh"]\n'
    assert repository_commands(resolve_settings([layer(text)])) == (
        'sandbox.mode: "none"',
        "sandbox.write: /opt",
        *(f"sandbox.hide: without {path}" for path in SECRETS if path != "~/.ssh"),
    )


@pytest.mark.walls
def test_the_command_line_of_bubblewrap(tmp_path: Path) -> None:
    git, secret, file = tmp_path / "git", tmp_path / "home" / "secret", tmp_path / "file"
    for folder in (git / "objects", git / "hooks", secret):
        folder.mkdir(parents=True)
    for each in (git / "HEAD", git / "packed-refs", file):
        each.touch()
    walls = Confinement(
        mode=SandboxMode.BUBBLEWRAP,
        program="/usr/bin/bwrap",
        write=(tmp_path / "w", git / "objects", tmp_path, secret / "own"),
        guard=(tmp_path / "w" / ".git", git),
        hide=(secret, file),
        show=(secret / "seen",),
        replace=(Replacement(place=tmp_path / "t", source=secret / "tmp"),),
        hollow=git,
        network=NONE,
    )
    argv = [part.replace(str(tmp_path), "") for part in bubblewrap_argv(walls, ("run",), tmp_path)]
    links = [f".wta-{number}" for number in range(6)]
    chain = zip([*links, ".wta/packed-refs"], ["packed-refs", *links], strict=True)
    assert argv == [
        *("/usr/bin/bwrap", "--die-with-parent"),
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--bind-try", "", ""),
        *("--bind-try", "/w", "/w"),
        *("--ro-bind-try", "/git", "/git"),
        *("--bind-try", "/home/secret/tmp", "/t"),
        *("--tmpfs", "/git"),
        *("--ro-bind", "/dev/null", "/file"),
        *("--ro-bind", "/git", "/git/.wta"),
        *("--symlink", ".wta/HEAD", "/git/HEAD"),
        *("--symlink", ".wta/config", "/git/config"),
        *("--symlink", ".wta/config.worktree", "/git/config.worktree"),
        *("--ro-bind-try", "/git/hooks", "/git/hooks"),
        *("--ro-bind-try", "/git/objects", "/git/objects"),
        *("--symlink", ".wta/shallow", "/git/shallow"),
        *(part for target, name in chain for part in ("--symlink", target, f"/git/{name}")),
        *("--bind-try", "/git/objects", "/git/objects"),
        *("--ro-bind-try", "/w/.git", "/w/.git"),
        *("--tmpfs", "/home/secret"),
        *("--bind-try", "/home/secret/own", "/home/secret/own"),
        *("--ro-bind-try", "/home/secret/seen", "/home/secret/seen"),
        *("--remount-ro", "/home/secret"),
        *("--chdir", "", "--", "run"),
    ]


@pytest.mark.parametrize(
    ("mode", "told", "meant"),
    [
        (SandboxMode.BUBBLEWRAP, 137, -9),
        (SandboxMode.BUBBLEWRAP, 143, 143),
        (SandboxMode.BUBBLEWRAP, 1, 1),
        (SandboxMode.BUBBLEWRAP, None, None),
        (SandboxMode.LANDLOCK, 137, 137),
    ],
)
def test_how_an_agent_ended(mode: SandboxMode, told: int | None, meant: int | None) -> None:
    assert Confinement(mode=mode).own_exit_code(told) == meant


def test_what_lies_below_another_one_is_covered() -> None:
    paths = [Path(path) for path in ("/b/c", "/a", "/b", "/bc", "/a")]
    assert without_covered(paths) == (Path("/a"), Path("/b"), Path("/bc"))
