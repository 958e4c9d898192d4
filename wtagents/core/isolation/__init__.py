"""What an agent may reach, and what must not leave: walls, credentials, copies of folders."""
