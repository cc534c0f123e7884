"""Trainings that are made up, for tests of what surrounds them."""

from tests.core.search.searches import made_up

__all__ = ["made_up"]
