"""What all repositories of a user share: ports, limits of accounts."""
