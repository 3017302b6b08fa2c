"""Readers: from a file's bytes to pages of blocks, in processes of their own."""
