"""The door to SQLite: intents, facts, states and the events that never change."""
