"""What a shell may offer where a name is expected. A completion never fails and never writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click


def complete_tasks(ctx: click.Context, param: click.Parameter, incomplete: str) -> Sequence[str]:
    """Offer the names of the tasks."""
    del param
    from wtagents.core.errors import WtaError

    try:
        reader = ctx.find_root().obj.context.reader
        if reader is None:
            return []
        from wtagents.store.tasks import tasks

        return [task.name for task in tasks(reader) if task.name.startswith(incomplete)]
    except WtaError:
        return []


def complete_removed(ctx: click.Context, param: click.Parameter, incomplete: str) -> Sequence[str]:
    """Offer the names of tasks that lie in the trash and whose name is free."""
    del param
    from wtagents.core.errors import WtaError

    try:
        reader = ctx.find_root().obj.context.reader
        if reader is None:
            return []
        from wtagents.store.tasks import tasks
        from wtagents.store.trash import trash_items

        lying = {item.task_id for item in trash_items(reader)}
        gone = [task for task in tasks(reader, removed=True) if task.id in lying]
        taken = {task.name for task in tasks(reader) if task.id not in lying}
        names = sorted({task.name for task in gone} - taken)
        return [name for name in names if name.startswith(incomplete)]
    except WtaError:
        return []


def complete_settings(ctx: click.Context, param: click.Parameter, incomplete: str) -> Sequence[str]:
    """Offer sections and keys of the settings."""
    del ctx, param
    from wtagents.core.config.settings import SECTIONS, setting_names

    return [name for name in (*SECTIONS, *setting_names()) if name.startswith(incomplete)]
