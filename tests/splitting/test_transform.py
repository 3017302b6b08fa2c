"""The splitter within LlamaIndex: the same chunks, and the embedded text is the same to the character."""

from __future__ import annotations

from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import Document, MetadataMode, TextNode
from llama_index.core.schema import NodeRelationship as Relation

from core.models.embedding import BuiltinEmbedding
from core.models.minilm import LIMIT, MiniLM
from core.splitting.transform import StructureSplitter, markdown_blocks
from storage.records import BlockKind

TEXT = """# Pumps

The first pump came in 1962. It was green.

- a valve
- a pipe

## Costs
| What | Euros |
|------|-------|
| Pump | 12 |

```python
def start():

    return True
```

Fin
"""


def test_blocks_of_markdown() -> None:
    blocks = list(markdown_blocks(TEXT))
    assert [(block.kind, block.level) for block in blocks] == [
        (BlockKind.HEADING, 1),
        (BlockKind.PARAGRAPH, 0),
        (BlockKind.LIST_ITEM, 0),
        (BlockKind.LIST_ITEM, 0),
        (BlockKind.HEADING, 2),
        (BlockKind.TABLE, 0),
        (BlockKind.CODE, 0),
        (BlockKind.PARAGRAPH, 0),
    ]
    assert blocks[0].text == "Pumps"
    assert blocks[6].text == "def start():\n\n    return True"
    assert all(block.text in TEXT[block.start : block.end] for block in blocks)


def test_runs_in_a_pipeline_with_the_built_in_model() -> None:
    model = MiniLM(threads=1)
    try:
        document = Document(text=TEXT * 3, metadata={"title": "Plant", "owner": "me"})
        pipeline = IngestionPipeline(
            transformations=[StructureSplitter(model.count_tokens, LIMIT), BuiltinEmbedding(model)], disable_cache=True
        )
        nodes = pipeline.run(documents=[document], in_place=False)
        assert len(nodes) >= 3
        for node in nodes:
            assert isinstance(node, TextNode)
            embedded = node.get_content(metadata_mode=MetadataMode.EMBED)
            assert embedded.startswith("Plant › Pumps")
            assert embedded.endswith(f"\n{node.text}")
            assert model.count_tokens(embedded) <= LIMIT
            assert node.get_content(metadata_mode=MetadataMode.LLM).strip() == node.text
            assert node.metadata["owner"] == "me"
            assert node.relationships[Relation.SOURCE].node_id == document.doc_id
            assert node.embedding == model.encode([embedded])[0].tolist()
    finally:
        model.close()
