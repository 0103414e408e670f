"""Tables that people make (CSV, JSON Lines), read to records under headers; what the records mean is said elsewhere."""
