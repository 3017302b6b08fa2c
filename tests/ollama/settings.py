"""What can be set on the server, at its start and while it runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

PROFILES = {"0.24": "0.24.0", "0.30": "0.32.15"}


@dataclass
class Settings:
    """Times are seconds, sizes bytes, lengths tokens. Named as Ollama's variables where there is one."""

    profile: str = "0.30"  # "0.24": the last release with its own runner; "0.30": llama-server
    version: str = ""  # "" = one that fits the profile
    num_parallel: int = 1  # slots of a chat model
    max_queue: int = 512  # requests that wait for the loader before 503
    max_loaded_models: int = 3
    memory: int = 0  # for all loaded models; 0 = enough
    keep_alive: float = 300.0
    context_length: int = 4096  # num_ctx of a request that names none
    gpu: bool = False  # whether loaded models count as VRAM
    cloud: str = "ok"  # or "unauthorized", "disabled", "unreachable", "rate_limited"
    per_call: float = 0.0  # in the slot, before the first token
    per_prompt_token: float = 0.0
    per_token: float = 0.0
    load_delay: float = 0.0
    load_error: str = ""  # "" = loads succeed; "out_of_memory", "stalled", or the text of the 500
    register_delay: float = 0.0  # from taking a request out of the queue to a load that others can see
    unload_delay: float = 0.0  # until the memory is free again
    pull_delay: float = 0.0  # for the whole of a pull
    lingering_prompts: bool = False  # a prompt being read keeps its slot after the client went away

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile is one of {', '.join(PROFILES)}")

    @property
    def modern(self) -> bool:
        """Whether the runner is llama-server (from 0.30 on)."""
        return self.profile != "0.24"

    @property
    def shown_version(self) -> str:
        return self.version or PROFILES[self.profile]

    def change(self, values: dict[str, Any]) -> None:
        """Set what `values` names. Raises ValueError for a name that is not here or a value of another type."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"there is no setting {name}")
            wanted = (int, float) if known[name] is float else known[name]
            if not isinstance(value, wanted) or (isinstance(value, bool) and known[name] is not bool):
                raise ValueError(f"{name} is a {known[name].__name__}")
        for name, value in values.items():
            setattr(self, name, value)
        self.__post_init__()
