"""The book's interactive figures: what shows them in a notebook, and the numbers in those that need some."""

from convnets.figures.embed import names, settings, show

__all__ = ["names", "settings", "show"]
