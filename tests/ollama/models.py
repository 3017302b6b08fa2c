"""The models the server has, those it could pull, and how names find them."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field
from typing import Any

from tests.ollama.wire import ApiError, instant

PART = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,349}$")
LAYER_BYTES = 4_000_000
BIRTH = 1_780_000_000  # the newest model's modified_at; each further one is an hour older


@dataclass
class Model:
    """One model. `native` = its chat template comes from the GGUF file only, so llama-server renders the prompt."""

    name: str
    capabilities: tuple[str, ...] = ("completion",)
    family: str = "llama"
    parameter_size: str = "3.2B"
    size: int = 2_000_000_000
    context_length: int = 131_072
    embedding_length: int = 3072
    parameters: dict[str, Any] = field(default_factory=dict)
    native: bool = False
    adds_bos: bool = False
    kv_bytes: int = 65_536  # memory per token of context
    remote_host: str = ""
    remote_model: str = ""
    modified: float = float(BIRTH)

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.name}/{self.size}/{self.embedding_length}".encode()).hexdigest()

    @property
    def embeds(self) -> bool:
        return "completion" not in self.capabilities

    @property
    def dimension(self) -> int:
        return self.embedding_length

    @property
    def full_name(self) -> str:
        short = self.name.count("/") == 0
        return f"registry.ollama.ai/library/{self.name}" if short else self.name

    def slots(self, parallel: int) -> int:
        return 1 if self.embeds or self.family in {"mllama", "qwen3vl", "qwen35", "qwen3next", "lfm2"} else parallel

    def details(self, modern: bool) -> dict[str, Any]:
        """The `details` of /api/tags, /api/ps and /api/show; the lengths came with later versions."""
        found: dict[str, Any] = {
            "parent_model": "",
            "format": "" if self.remote_host else "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameter_size,
            "quantization_level": "Q4_K_M" if not self.embeds else "F16",
        }
        if modern:
            found |= {"context_length": self.context_length, "embedding_length": self.embedding_length}
        return found

    def listed(self, modern: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": self.name, "model": self.name}
        if self.remote_host:
            entry |= {"remote_model": self.remote_model, "remote_host": self.remote_host}
        entry |= {
            "modified_at": instant(self.modified),
            "size": self.size,
            "digest": self.digest,
            "details": self.details(modern),
        }
        return entry | {"capabilities": list(self.capabilities)} if modern else entry

    def info(self) -> dict[str, Any]:
        """`model_info` of /api/show, keys sorted as Go sorts those of a map."""
        return dict(
            sorted(
                {
                    "general.architecture": self.family,
                    "general.file_type": 15,
                    f"{self.family}.block_count": 28,
                    f"{self.family}.context_length": self.context_length,
                    f"{self.family}.embedding_length": self.embedding_length,
                    "tokenizer.ggml.model": "gpt2",
                    "tokenizer.ggml.tokens": None,
                }.items()
            )
        )


def standard() -> list[Model]:
    """The models a server has at its start: one of each kind that behaves differently."""
    chat = ("completion", "tools")
    models = [
        Model("llama3.2:latest", chat),
        Model("qwen3:8b", (*chat, "thinking"), "qwen3", "8.2B", 5_200_000_000, 40_960, 4096),
        Model("llava:7b", ("completion", "vision"), "llama", "7B", 4_700_000_000, 32_768, 4096),
        Model("gemma:2b", ("completion",), "gemma", "3B", 1_700_000_000, 8192, 2048),
        Model("hf.co/example/native-gguf:q4_k_m", ("completion",), "llama", "1.2B", 800_000_000, native=True),
        Model("codellama:7b", ("completion", "insert"), "llama", "7B", 3_800_000_000, 16_384, 4096),
        Model("nomic-embed-text:latest", ("embedding",), "nomic-bert", "137M", 274_000_000, 2048, 768),
        Model("all-minilm:latest", ("embedding",), "bert", "23M", 46_000_000, 512, 384),
        Model(
            "gpt-oss:120b-cloud",
            (*chat, "thinking"),
            "gptoss",
            "116.8B",
            384,
            remote_host="https://ollama.com:443",
            remote_model="gpt-oss:120b",
        ),
    ]
    for place, model in enumerate(models):
        model.modified = float(BIRTH - 3600 * place)
    return models


def pullable() -> list[Model]:
    """What the registry has besides."""
    return [Model("phi4-mini:latest", ("completion", "tools"), "phi3", "3.8B", 40 * LAYER_BYTES)]


def demonstration() -> list[Model]:
    """Models for people who try the workbench without a real one: their names say that they are simulated."""
    return [
        Model("simulated-chat:latest", ("completion", "vision"), "simulation", "0B", 1_000_000, 32_768, 768),
        Model("simulated-embed:latest", ("embedding",), "simulation", "0B", 1_000_000, 2048, 768),
    ]


def with_tag(name: str) -> str:
    """`name` with its tag. Raises ApiError 400 for what cannot be a name."""
    head, _, tail = name.rpartition("/")
    model, colon, tag = tail.partition(":")
    parts = [part for part in head.split("/") if head] + [model, *([tag] if colon else [])]
    if not all(PART.match(part) for part in parts) or len(parts) > 5:
        raise ApiError(400, "invalid model name")
    return name if colon else f"{name}:latest"


class Library:
    """The models by name; names are the same whatever their case."""

    def __init__(self, models: list[Model], registry: list[Model] | None = None) -> None:
        self._models = {model.name.lower(): model for model in models}
        self._registry = {model.name.lower(): model for model in registry or []}
        self.fetched: dict[str, int] = {}  # digest -> bytes that an interrupted pull has left

    def find(self, name: str) -> Model | None:
        return self._models.get(with_tag(name).removesuffix(":local").lower())

    def offered(self, name: str) -> Model | None:
        key = with_tag(name).lower()
        return self._registry.get(key) or self._models.get(key)

    def add(self, model: Model, *, new: bool = True) -> None:
        if new:
            model.modified = time.time()
        self._models[model.name.lower()] = model

    def remove(self, name: str) -> Model | None:
        """Take a model away; it can be pulled again."""
        model = self._models.pop(with_tag(name).lower(), None)
        if model:
            self._registry[model.name.lower()] = model
        return model

    def newest_first(self) -> list[Model]:
        return sorted(self._models.values(), key=lambda model: -model.modified)
