"""Tables of any format, read to records under headers; what the records mean is said elsewhere."""
