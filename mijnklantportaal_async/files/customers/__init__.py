"""Customers in tables: what their columns may be called, and what their cells say."""
