"""The page home: what components.home draws."""

from components.home import home

home()
