"""What an agent can plant in the shared git directory so that somebody else's git runs it.

Each plant names a program that leaves a mark when it runs, and a plain git command that proves the
plant to be alive: a corpus of duds would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.repository import RepositoryBuilder

HOOKS = (
    "post-checkout", "reference-transaction", "pre-rebase", "post-index-change",
    "prepare-commit-msg", "pre-commit", "commit-msg", "post-commit", "post-merge",
    "pre-merge-commit", "pre-auto-gc", "pre-push", "post-rewrite", "applypatch-msg",
    "fsmonitor-watchman", "sendemail-validate",
)  # fmt: skip


class Ground:
    """A repository with an agent's worktree, where things are planted and leave their marks."""

    def __init__(self, main: RepositoryBuilder, worker: RepositoryBuilder, evil: Path) -> None:
        self.main = main
        self.worker = worker
        self.common = main.path / ".git"
        self.evil = evil
        self.marks = evil / "marks"
        self.marks.mkdir(parents=True)

    def program(self, name: str, *, ends: bool = False) -> str:
        """Return an executable that marks that it ran and passes its input on, or just ends."""
        path = self.evil / name.replace("/", "-")
        path.write_text(
            f"#!/bin/sh\n: > '{self.marks}/{path.name}'\n{'' if ends else 'cat'}\nexit 0\n"
        )
        path.chmod(0o755)
        return str(path)

    def config(self, text: str, name: str = "config") -> None:
        """Append to a configuration file of the common directory."""
        with (self.common / name).open("a") as stream:
            stream.write(text)

    def setting(self, key: str, value: str) -> None:
        """Set one value in the shared configuration."""
        self.main.git("config", key, value)

    def attributes(self, text: str) -> None:
        """Append to the attributes that hold for all worktrees."""
        path = self.common / "info" / "attributes"
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as stream:
            stream.write(text)

    def ran(self) -> list[str]:
        """Return the names of the programs that ran, and forget them."""
        names = sorted(path.name for path in self.marks.iterdir())
        for path in self.marks.iterdir():
            path.unlink()
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    name: str
    plant: Callable[[Ground], object]
    proof: tuple[str, ...]
    """A git command in the worktree that runs the plant; empty where it takes a terminal, another
    git or a submodule to see it run."""
    touch: bool = False
    """Whether a tracked file must look changed for it."""


def setting(name: str, key: str, *proof: str, touch: bool = False) -> Plant:
    """Plant a program as the value of one setting."""
    return Plant(
        name=name,
        plant=lambda ground: ground.setting(key, ground.program(name)),
        proof=proof,
        touch=touch,
    )


def with_attribute(name: str, key: str, attribute: str, *proof: str) -> Plant:
    """Plant a program and the attribute that makes every file use it."""

    def plant(ground: Ground) -> None:
        ground.setting(key, ground.program(name))
        ground.attributes(f"* {attribute}\n")

    return Plant(name=name, plant=plant, proof=proof, touch=True)


def hook(name: str, *proof: str) -> Plant:
    """Plant a hook."""

    def plant(ground: Ground) -> None:
        path = ground.common / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(ground.program(f"hook-{name}"))

    return Plant(name=f"hook-{name}", plant=plant, proof=proof)


def _hooks_path(ground: Ground) -> None:
    folder = ground.evil / "hooks"
    folder.mkdir()
    for name in HOOKS:
        (folder / name).symlink_to(ground.program("hooks-path"))
    ground.setting("core.hooksPath", str(folder))


def _included(ground: Ground) -> None:
    path = ground.evil / "included"
    path.write_text(f"[core]\n\tfsmonitor = {ground.program('include')}\n")
    ground.setting("include.path", str(path))


def _included_if(ground: Ground) -> None:
    path = ground.evil / "included-if"
    path.write_text(f"[core]\n\tfsmonitor = {ground.program('include-if')}\n")
    ground.config(f'[includeIf "gitdir:**"]\n\tpath = {path}\n')


def _attributes_file(ground: Ground) -> None:
    path = ground.evil / "attributes"
    path.write_text("* filter=afile\n")
    ground.setting("core.attributesFile", str(path))
    ground.setting("filter.afile.clean", ground.program("attributes-file"))


def _gpg(ground: Ground) -> None:
    ground.setting("gpg.program", ground.program("gpg"))
    ground.setting("commit.gpgSign", "true")
    ground.setting("log.showSignature", "true")


def _ssh(ground: Ground) -> None:
    ground.setting("core.sshCommand", ground.program("ssh", ends=True))
    ground.setting("remote.far.url", "ssh://nowhere.invalid/x")


def _ext(ground: Ground) -> None:
    ground.setting("remote.ext.url", f"ext::{ground.program('ext', ends=True)}")
    ground.setting("protocol.ext.allow", "always")


def _uploadpack(ground: Ground) -> None:
    ground.setting("remote.near.url", str(ground.main.path))
    ground.setting("remote.near.uploadpack", ground.program("uploadpack", ends=True))


def _promisor(ground: Ground) -> None:
    ground.setting("remote.lazy.url", f"ext::{ground.program('lazy', ends=True)}")
    ground.setting("remote.lazy.promisor", "true")
    ground.setting("protocol.ext.allow", "always")
    ground.setting("extensions.partialClone", "lazy")
    ground.setting("core.repositoryFormatVersion", "1")


def _aliases(ground: Ground) -> None:
    for name in ("status", "diff", "zz"):
        ground.setting(f"alias.{name}", f"!{ground.program('alias')}")


def _submodule(ground: Ground) -> None:
    ground.setting("submodule.lib.update", f"!{ground.program('submodule')}")
    ground.setting("submodule.lib.url", "/nowhere")
    ground.setting("submodule.recurse", "true")


SETTINGS = (
    setting("fsmonitor", "core.fsmonitor", "status"),
    Plant(name="hooks-path", plant=_hooks_path, proof=("checkout", "-q", "-b", "x")),
    with_attribute("clean", "filter.p1.clean", "filter=p1", "add", "-A"),
    with_attribute("smudge", "filter.p2.smudge", "filter=p2", "checkout", "-q", "--", "f"),
    with_attribute("process", "filter.p3.process", "filter=p3", "add", "-A"),
    with_attribute("textconv", "diff.d1.textconv", "diff=d1", "diff"),
    with_attribute("command", "diff.d2.command", "diff=d2", "diff"),
    setting("external", "diff.external", "diff", touch=True),
    with_attribute("driver", "merge.m1.driver", "merge=m1", "merge", "-q", "main"),
    Plant(name="attributes-file", plant=_attributes_file, proof=("add", "-A"), touch=True),
    Plant(name="ssh", plant=_ssh, proof=("fetch", "-q", "far")),
    Plant(name="ext", plant=_ext, proof=("fetch", "-q", "ext")),
    Plant(name="uploadpack", plant=_uploadpack, proof=("fetch", "-q", "near")),
    Plant(name="lazy", plant=_promisor, proof=("cat-file", "-t", "1" * 40)),
    Plant(name="gpg", plant=_gpg, proof=("commit", "-q", "--allow-empty", "-m", "x")),
    Plant(name="alias", plant=_aliases, proof=("zz",)),
    Plant(name="include", plant=_included, proof=("status",)),
    Plant(name="include-if", plant=_included_if, proof=("status",)),
    Plant(name="submodule", plant=_submodule, proof=()),
    setting("pager", "core.pager"),
    setting("editor", "core.editor", "commit", "-q", "--allow-empty"),
    setting("sequence", "sequence.editor", "rebase", "-i", "HEAD~1"),
    setting("alternate-refs", "core.alternateRefsCommand"),
    setting("git-proxy", "core.gitProxy"),
    setting("askpass", "core.askPass"),
    setting("credential", "credential.helper"),
    setting("trailer", "trailer.sign.command", "interpret-trailers", "--trailer", "sign=x"),
    setting("recent-objects", "gc.recentObjectsHook"),
    hook("post-checkout", "checkout", "-q", "-b", "x"),
    hook("reference-transaction", "branch", "x"),
    hook("pre-rebase", "rebase", "-q", "main"),
    hook("post-index-change", "reset", "-q", "--hard"),
    hook("prepare-commit-msg", "commit", "-q", "--allow-empty", "-m", "x"),
    hook("pre-commit", "commit", "-q", "--allow-empty", "-m", "x"),
    hook("commit-msg", "commit", "-q", "--allow-empty", "-m", "x"),
    hook("post-commit", "commit", "-q", "--allow-empty", "-m", "x"),
    hook("pre-auto-gc"),
    hook("post-rewrite", "commit", "-q", "--amend", "--allow-empty", "-m", "x"),
)


def _evil(ground: Ground, name: str) -> str:
    """Return a configuration with a monitor and a filter; the latter no option can overrule."""
    program = ground.program(name)
    return f'[core]\n\tfsmonitor = {program}\n[filter "{name}"]\n\tclean = {program}\n'


def _worktree_config(ground: Ground) -> None:
    ground.setting("extensions.worktreeConfig", "true")
    admin = Path(ground.worker.git("rev-parse", "--absolute-git-dir"))
    text = _evil(ground, "worktree-config")
    ground.attributes("* filter=worktree-config\n")
    for folder in (admin, ground.common):
        (folder / "config.worktree").write_text(text)


def _elsewhere(ground: Ground, name: str) -> Path:
    """Return the git directory of another repository, full of plants."""
    path = ground.evil / f"{name}.git"
    ground.main.git("clone", "-q", "--bare", ".", str(path))
    with (path / "config").open("a") as stream:
        stream.write(f"[core]\n\tbare = false\n{_evil(ground, name)}")
    (path / "info").mkdir(exist_ok=True)
    (path / "info" / "attributes").write_text(f"* filter={name}\n")
    return path


def _redirected_git_file(ground: Ground) -> None:
    path = _elsewhere(ground, "git-file")
    (ground.worker.path / ".git").write_text(f"gitdir: {path}\n")


def _redirected_commondir(ground: Ground) -> None:
    path = _elsewhere(ground, "commondir")
    admin = Path(ground.worker.git("rev-parse", "--absolute-git-dir"))
    (admin / "commondir").write_text(f"{path}\n")


def _embedded_repository(ground: Ground) -> None:
    path = ground.worker.path / "embedded"
    path.mkdir()
    ground.worker.git("init", "-q", "--bare", str(path))
    with (path / "config").open("a") as stream:
        stream.write("[core]\n\tbare = false\n\tworktree = ..\n")
        stream.write(_evil(ground, "embedded"))


def _nested_repository(ground: Ground) -> None:
    inner = RepositoryBuilder.create(ground.worker.path / "nested")
    inner.commit({"x": "1"})
    ground.worker.git("add", "nested")
    with (inner.path / ".git" / "config").open("a") as stream:
        stream.write(_evil(ground, "nested"))
    inner.write({".git/info/attributes": "* filter=nested\n", "x": "2"})


POINTERS = (
    Plant(name="worktree-config", plant=_worktree_config, proof=("status",)),
    Plant(name="git-file", plant=_redirected_git_file, proof=("status",)),
    Plant(name="commondir", plant=_redirected_commondir, proof=("status",)),
    Plant(name="embedded", plant=_embedded_repository, proof=("-C", "embedded", "status")),
    Plant(name="nested", plant=_nested_repository, proof=("status",)),
)
