"""What is done about tasks and agents: who starts, who is stuck, what an end means."""
