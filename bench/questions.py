"""Question sets for `cli.py eval`, made from documents that many machines have. docs/retrieval.md says what for.

`python -m bench.questions manual fullrefman.pdf OUT` cuts R's reference manual into its topics and asks for them twice:
by exact names (functions and arguments that one topic defines) and by the topic's title, which is not in its text.
`python -m bench.questions man FOLDER OUT` does the latter for the manual pages in a folder, of any language.

OUT gets `corpus.jsonl` (for `ingest`) and `*.questions.jsonl` (for `eval`). The same input gives the same files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TOPICS = 700
QUESTIONS = 200
SECTIONS = "Description|Usage|Arguments|Details|Value|References|See Also|Examples|Note|Source|Format|Warning"
FUNCTION_FORMS = ("What does {0} return?", "How do I use {0}?", "{0}", "When should I call {0} and what does it need?")
ARGUMENT_FORMS = ("What does the argument {0} control?", "{0}", "Which values may {0} take?")
ROFF_LETTERS = {"(:a": "ä", "(:o": "ö", "(:u": "ü", "(:A": "Ä", "(:O": "Ö", "(:U": "Ü", "(ss": "ß", "-": "-"}


@dataclass(frozen=True)
class Topic:
    """A document: its name, what it is about in a few words (not part of the text), and its text."""

    name: str
    about: str
    text: str


def manual_topics(path: Path) -> list[Topic]:
    """The topics of R's reference manual; each begins with "name Title" and a line "Description"."""
    import pypdfium2

    lines: list[str] = []
    with pypdfium2.PdfDocument(path) as pdf:
        for page in pdf:
            text = page.get_textpage().get_text_range().replace("\r\n", "\n")
            lines += re.sub("[\ufffe\u0002]", "", text).split("\n")[1:]  # without the running header
    heads = [
        n
        for n, line in enumerate(lines)
        if n and line.strip() == "Description" and re.match(r"[^\s\d(]\S* \S", lines[n - 1])
    ]
    topics: dict[str, Topic] = {}
    for here, following in zip(heads, [*heads[1:], len(lines) + 1], strict=True):
        name, about = lines[here - 1].split(" ", 1)
        topics.setdefault(name, Topic(name, about.strip(), "\n".join(lines[here : following - 1])))
    return list(topics.values())[:TOPICS]


def man_topics(folder: Path) -> Iterator[Topic]:
    """Manual pages; the line that says what a page is about is taken out of it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        text = plain((gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="replace"))
        about = re.search(r"\A\s*## .*\n+(.*? - (.*?))\n+(?=## )", text, re.DOTALL)
        if about:
            yield Topic(path.name.removesuffix(".gz"), " ".join(about[2].split()), text[about.end() :])


def plain(roff: str) -> str:
    """The words of a manual page, headings marked by `##`."""
    roff = re.sub(r"""(?m)^[.']\\".*$""", "", roff)
    roff = re.sub(r"\\f(?:\(..|\[[^]]*]|.)", "", roff)
    roff = re.sub(r"\\(\(..|-)", lambda found: ROFF_LETTERS.get(found[1], " "), roff)
    roff = re.sub(r"(?m)^\.S[HS] +(.*)$", lambda found: "\n## " + found[1].strip('"') + "\n", re.sub(r"\\.", "", roff))
    roff = re.sub(r"(?m)^\.(?:B|I|BR|BI|IR|RB|RI|IP) +", "", roff)
    return re.sub(r"(?m)^[.'].*\n", "", roff)


def by_name(topics: Iterable[Topic]) -> Iterator[tuple[str, str]]:
    """Questions for functions and arguments that one topic defines, as (question, topic's name)."""
    chosen = random.Random(7)
    functions: dict[str, list[str]] = {}
    arguments: dict[str, list[str]] = {}
    for topic in topics:
        parts = re.split(rf"(?m)^({SECTIONS})$", topic.text)
        section = dict(zip(parts[1::2], parts[2::2], strict=True))
        functions[topic.name] = sorted(set(re.findall(r"(?m)^([A-Za-z.][\w.]{3,})\(", section.get("Usage", ""))))
        found = re.findall(
            r"(?m)^([a-z][A-Za-z]*[._A-Z][\w.]*) (?:an?|the|logical|character)\b", section.get("Arguments", "")
        )
        arguments[topic.name] = sorted(set(found))
    for defined, forms in ((functions, FUNCTION_FORMS), (arguments, ARGUMENT_FORMS)):
        times = Counter(name for names in defined.values() for name in names)
        for topic_name, names in defined.items():
            for name in names:
                if times[name] == 1 and name != topic_name:
                    yield chosen.choice(forms).format(name), topic_name


def write(folder: Path, topics: list[Topic], sets: dict[str, list[tuple[str, str]]]) -> None:
    """The corpus and up to 200 questions of each set, drawn with a fixed seed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[dict[str, object]]] = {
        "corpus": [{"id": topic.name, "title": topic.name, "text": topic.text} for topic in topics]
    }
    for name, asked in sets.items():
        drawn = random.Random(7).sample(asked, min(QUESTIONS, len(asked)))
        rows[f"{name}.questions"] = [{"question": question, "relevant": [topic]} for question, topic in drawn]
    for name, items in rows.items():
        text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(f"{len(items)} lines in {folder / name}.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.questions", description="Makes question sets for `cli.py eval`.")
    parser.add_argument("kind", choices=["manual", "man"])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    topics = manual_topics(asked.source) if asked.kind == "manual" else list(man_topics(asked.source))
    sets = {"described": [(topic.about, topic.name) for topic in topics if len(topic.about.split()) > 2]}
    if asked.kind == "manual":
        sets["named"] = list(by_name(topics))
    write(asked.out, topics, sets)


if __name__ == "__main__":
    main()
