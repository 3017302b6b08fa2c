"""The page upload: what components.upload draws."""

from components.upload import upload

upload()
