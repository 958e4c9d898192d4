"""How branches land: the queue, its batches, conflicts and their resolutions, undo."""
