"""The side of the portal that speaks OAuth: consent, tokens, and taking an application out again."""
