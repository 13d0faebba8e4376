"""Posters and backgrounds: which an item should show, and how it gets them."""
