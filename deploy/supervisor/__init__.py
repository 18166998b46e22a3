"""What starts the processes of a stack, watches them, restarts them and ends them."""
