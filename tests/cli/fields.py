"""The fields that other programs rely on; more may come, none may go."""

INGESTED = {
    "id",
    "name",
    "status",
    "pages",
    "chunks",
    "chunks_failed",
    "entities",
    "relations",
    "version",
    "duplicate_of",
    "error",
    "seconds",
}
LISTED = INGESTED | {"added_at", "size", "kind"}
REMOVED = {"chunks", "vectors", "keywords", "contributions", "entities", "relations", "files"}
RESULT = {"rank", "score", "chunk_id", "document_id", "document", "page", "heading", "text"}
ANSWER = {"agent", "text", "model", "grounded", "ms", "citations", "trace"}
CITATION = {"n", "document_id", "document", "page", "chunk_id", "quote"}
AGENT = {"name", "purpose", "retrieval", "needs_model"}
STATUS = {"health", "components", "documents", "chunks", "entities", "relations", "queue", "models"}
JOB = {
    "id",
    "document_id",
    "name",
    "status",
    "stage",
    "chunks_total",
    "chunks_done",
    "chunks_in_flight",
    "chunks_failed",
    "attempts",
    "error",
    "eta_seconds",
}
CHECK = {"name", "ok", "detail", "repaired"}
ROW = {"mode", "recall@2", "recall@5", "recall@10", "mrr", "p50_ms", "p95_ms"}
ERROR = {"type", "sentence", "next_step"}
