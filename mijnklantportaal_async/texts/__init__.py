"""What is said to people, in their language. Nothing of the API needs it; commands and pages do."""
