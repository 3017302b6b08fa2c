"""The server under test, and plain ways to speak to it."""

from __future__ import annotations

from tests.ollama.fixtures import ollama_process, ollama_server  # noqa: F401
