"""The door to agent programs: how to launch one, read its stream and judge its end."""
