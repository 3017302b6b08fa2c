"""What turns the texts in samples/source into the files of samples/library."""
