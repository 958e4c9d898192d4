"""What it takes to land a task: source, candidate, resolutions, gates, advance."""
