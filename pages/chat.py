"""The page chat: what components.chat draws."""

from components.chat import chat

chat()
