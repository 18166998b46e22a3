"""What a terminal shows of a stack, of incidents and of an explanation."""
