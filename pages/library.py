"""The page library: what components.library draws."""

from components.library import library

library()
