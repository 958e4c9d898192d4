"""What a person sees in a terminal of their own; no decision lives here."""
