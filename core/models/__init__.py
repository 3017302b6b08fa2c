"""The models: the built-in embedding model and what is checked about its vectors."""
