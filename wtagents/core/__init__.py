"""What things are and how they may change: pure, no input or output."""
