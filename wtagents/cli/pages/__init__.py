"""What commands print, laid out: lines from what an operation returned."""
