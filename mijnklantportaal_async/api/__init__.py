"""What can be asked: one file for each tag of the service's reference."""
