"""With what a call is made: plain values that know nothing of HTTP."""
