"""The only reader of the environment: `QUELLWERK_*` variables and `.env`, checked once at start.

`docs/settings.md` is generated from the fields below (`make docs`), and a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import SettingsError

PREFIX = "QUELLWERK_"
FOREIGN = {"ollama_host": "OLLAMA_HOST"}  # Ollama's own name, without our prefix


class Settings(BaseModel):
    """What can be set from outside. Defaults are safe for a weak laptop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="The data folder. Everything Quellwerk keeps is in it.")
    samples: bool = Field(True, description="Import `samples/` into an empty data folder at the first start.")
    parallel_documents: int = Field(2, ge=1, le=64, description="Documents worked on at the same time.")
    graph_extraction_workers: int = Field(4, ge=1, le=64, description="Parallel extraction calls.")
    embedding_batch_size: int = Field(16, ge=1, le=512, description="Texts in one call of the embedding model.")
    embedding_threads: int = Field(0, ge=0, le=64, description="CPU threads of the built-in model; 0: all cores.")
    ollama_max_concurrent: int | None = Field(
        None, ge=1, le=64, description="Ollama's slots (its OLLAMA_NUM_PARALLEL). 1 if not set."
    )
    memory_budget_mb: int | None = Field(None, ge=256, description="Memory that loaded Ollama models may take.")
    chat_model: str | None = Field(None, description="Ollama model that answers; built in if not set.")
    extraction_model: str | None = Field(None, description="Ollama model that reads entities; built in if not set.")
    embedding_model: str | None = Field(None, description="Ollama model that embeds; built-in MiniLM if not set.")
    vision_model: str | None = Field(None, description="Ollama model that describes pictures; none if not set.")
    context_tokens: int = Field(8192, ge=512, le=1_048_576, description="Context sent to a chat model (`num_ctx`).")
    ollama_host: str | None = Field(None, description="Address of Ollama, read as Ollama reads it.")
    api_key: str | None = Field(None, description="When set, every API call needs it as a bearer token.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["text", "json"] = Field("text", description="How it is logged.")
    max_file_mb: int = Field(500, ge=1, le=8192, description="Largest file that is accepted.")
    max_pages: int = Field(10_000, ge=1, le=1_000_000, description="Most pages a document may have.")
    max_unpacked_mb: int = Field(2048, ge=1, le=65_536, description="Largest unpacked size of a zip-based file.")
    max_unpack_ratio: int = Field(200, ge=2, le=100_000, description="Largest ratio of unpacked to packed size.")
    read_timeout_s: int = Field(1800, ge=5, le=86_400, description="Longest time for reading one document.")
    page_timeout_s: int = Field(120, ge=2, le=3600, description="Longest time without a page from the reader.")

    @property
    def folder(self) -> Path:
        """The data folder as an absolute path."""
        return self.data.expanduser().resolve()


def variable(field: str) -> str:
    """The environment variable of a field."""
    return FOREIGN.get(field, PREFIX + field.upper())


def load_settings(environ: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Settings:
    """Read and check all settings.

    `environ` defaults to the process's environment, which wins over `.env`. An empty value counts as not set.
    Raises SettingsError with the name, the value and what is allowed.
    """
    given: dict[str, str | None] = dict(dotenv_values(dotenv)) if dotenv and dotenv.is_file() else {}
    given.update(os.environ if environ is None else environ)
    known = {variable(name): name for name in Settings.model_fields}
    unknown = sorted(name for name in given if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(
            f"{unknown[0]}={given[unknown[0]]!r} is not a setting.",
            "Known settings: " + ", ".join(sorted(known)) + ".",
        )
    values = {field: given[name] for name, field in known.items() if given.get(name)}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingsError(
            f"{variable(name)}={values.get(name)!r} cannot be used: {first['msg']}.",
            f"Allowed: {allowed(name)}.",
        ) from error


def allowed(name: str) -> str:
    """What a field accepts, in words."""
    field = Settings.model_fields[name]
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(str, get_args(field.annotation)))
    types = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)]
    text = {int: "a whole number", bool: "1 or 0", str: "text", Path: "a folder"}.get(types[0], str(types[0]))
    bounds = {type(item).__name__: item for item in field.metadata}
    low = getattr(bounds.get("Ge"), "ge", None)
    high = getattr(bounds.get("Le"), "le", None)
    if low is not None and high is not None:
        return f"{text} from {low} to {high}"
    return f"{text} of at least {low}" if low is not None else text
