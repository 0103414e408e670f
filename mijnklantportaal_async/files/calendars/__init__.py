"""Calendars (iCalendar) as programs really write them, read to appointments."""
