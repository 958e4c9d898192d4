"""What fills the terminal: one file per screen; a screen shows and asks, it decides nothing."""
