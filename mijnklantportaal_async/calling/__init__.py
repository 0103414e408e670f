"""How one call travels: wait for a permit, send, understand the answer, retry or look."""
