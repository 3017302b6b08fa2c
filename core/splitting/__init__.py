"""Pages in, passages out: sentences, structure-aware chunks, and the LlamaIndex component around them."""
