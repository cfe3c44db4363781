"""When jobs are due, how the system is told to wake them, and who is told what became of them."""
