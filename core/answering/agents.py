"""The agents that can be asked. An agent is a small declared thing: a purpose, a retrieval, and what words the answer.

A run is made fresh for each question by `core.answering.asker`, which injects the shared resources.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class AgentCard:
    """What is told about an agent. Field names are those of `agents --json`."""

    name: str
    purpose: str
    retrieval: str  # a mode of the search
    needs_model: bool = False  # True: only works with a language model


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent's declaration: its card, how many passages it asks the search for, and what words its answers.

    The built-in synthesizer reads the best dozen; from the others it learns what their documents are about.
    """

    card: AgentCard
    passages: int = 40
    synthesizer: str = "extractive"


AGENTS: tuple[Agent, ...] = (
    Agent(AgentCard("hybrid", "Looks for meaning and for words, and answers from what both find.", "hybrid")),
    Agent(AgentCard("passages", "Looks for passages that mean the same, whatever words they use.", "dense")),
    Agent(AgentCard("keywords", "Looks for the question's own words: names, numbers, terms.", "keyword")),
)
_ALSO = {"dense": "passages", "keyword": "keywords"}  # the names of their retrievals


def find_agent(name: str, agents: tuple[Agent, ...] = AGENTS) -> Agent:
    """The agent of that name, whatever its capitals. Raises InvalidRequest with the names there are."""
    wanted = name.strip().casefold()
    wanted = _ALSO.get(wanted, wanted)
    for agent in agents:
        if agent.card.name.casefold() == wanted:
            return agent
    raise InvalidRequest(
        f"There is no agent named {name!r}.", "Agents: " + ", ".join(agent.card.name for agent in agents) + "."
    )
