"""Fixtures for any test area: `from tests.ollama.fixtures import ollama_process, ollama_server  # noqa: F401`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ollama.handle import OllamaServer


@pytest.fixture(scope="session")
def ollama_process() -> Iterator[OllamaServer]:
    """One server process for the whole run; use `ollama_server`, which puts it back before each test."""
    with OllamaServer.start() as server:
        yield server


@pytest.fixture
def ollama_server(ollama_process: OllamaServer) -> Iterator[OllamaServer]:
    """The server as new: standard models, nothing loaded, no faults, no records."""
    ollama_process.reset()
    yield ollama_process
    ollama_process.reset()
