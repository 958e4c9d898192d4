"""What a person is told about tasks and agents."""
