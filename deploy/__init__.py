"""Deploy: the command `banwatch`, its processes, what supervises them, and the embedded broker and store."""
