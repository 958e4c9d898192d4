"""Settings: what they are, how they are written, and which of them a person must trust."""
