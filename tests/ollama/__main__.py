"""`python -m tests.ollama`: see server.py."""

from tests.ollama.server import main

main()
