"""The loop that reconciles what is wished with what is: loop, tick, wake."""
