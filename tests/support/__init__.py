"""What tests stand on: the sealed environment, repositories, clocks, processes, waiting."""
