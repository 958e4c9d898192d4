"""What `wta doctor` looks at: one function per hazard."""
