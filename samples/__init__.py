"""The sample library: an invented dossier, and the script that builds its binary files."""
