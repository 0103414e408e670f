"""The table of results: what became of each row, for people with a spreadsheet, and for the next run."""
