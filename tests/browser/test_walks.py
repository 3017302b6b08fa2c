"""What a person does in the first minutes, in a real browser at the real program, with the samples and own files."""

from __future__ import annotations

import colorsys
import io
import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from visitor import Door, Visitor

from bench.paper import write_pdf
from bench.served import Served

REPORT = "due-diligence-AB-2023-061.pdf"
PAGES = ("/", "/upload", "/library", "/chat")
PATIENCE_S = 150
NOTE = "The lantern keeper of Skarvoy is called Ragna Tveit. She has lit the lantern every evening since 1987.\n"
MARKDOWN = "# Ferry\n\nThe ferry to Skarvoy leaves Nordhamn at 06:40 and costs 12 crowns.\n"


def api(served: Served, path: str) -> Any:
    with urllib.request.urlopen(served.address + "/api/v1" + path, timeout=30) as answer:
        return json.load(answer)


def all_read(served: Served) -> list[dict[str, Any]]:
    """The documents, once none is waiting or being worked on."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        documents = api(served, "/documents")["documents"]
        if documents and all(item["status"] not in ("queued", "running", "searchable") for item in documents):
            return list(documents)
        time.sleep(0.25)
    raise AssertionError(f"not read within {PATIENCE_S} s: {api(served, '/health')}")


@pytest.fixture
def samples(served: Served) -> dict[str, str]:
    """Ids by name of what is in, the samples read to their end."""
    return {item["name"]: item["id"] for item in all_read(served)}


def field(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea").last


def ask(visitor: Visitor, question: str) -> Locator:
    """Ask on the chat page; returns the last answer once it is whole."""
    page = visitor.page
    before = page.get_by_test_id("stChatMessage").count()
    field(page).fill(question)
    field(page).press("Enter")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(before + 2, timeout=60_000)
    answer = page.get_by_test_id("stChatMessage").last
    expect(answer.get_by_test_id("stExpander")).to_be_visible(timeout=60_000)
    visitor.idle()
    return answer


def chips(place: Page | Locator) -> Locator:
    return place.locator('a[href^="#cite-"]')


def coloured(picture: bytes) -> float:
    """Share of the picture's pixels that have a colour: a highlight has, print has not."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").resize((200, 280))
    pixels = list(image.getdata())
    return sum(colorsys.rgb_to_hsv(*(part / 255 for part in pixel))[1] > 0.15 for pixel in pixels) / len(pixels)


def luminance(page: Page, selector: str, style: str) -> float:
    """0 (black) to 255 (white) of an element's colour or background."""
    value = page.locator(selector).first.evaluate("(e, style) => getComputedStyle(e)[style]", style)
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", value)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_first_start_brings_the_samples(visitor: Visitor, samples: dict[str, str]) -> None:
    page = visitor.go("/")
    expect(page.get_by_role("heading", name="Your library")).to_be_visible()
    assert REPORT in samples
    expect(page.get_by_text("Every document has been read")).to_be_visible()
    expect(page.get_by_test_id("stMetric").first).to_contain_text(str(len(samples)))
    line = page.locator(".st-key-status_line")
    expect(line).to_contain_text(f"{len(samples)} documents")
    assert (line.bounding_box() or {"height": 0})["height"] > 12, "the status line is squeezed to nothing"
    visitor.shot("home")


def test_three_files_by_drop(visitor: Visitor, samples: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "lantern.txt").write_text(NOTE * 3, encoding="utf-8")
    (tmp_path / "ferry.md").write_text(MARKDOWN, encoding="utf-8")
    write_pdf(tmp_path / "works.pdf", pages=3, seed=99)
    files = sorted(tmp_path.iterdir())
    page = visitor.go("/upload")
    visitor.drop(page.get_by_test_id("stFileUploaderDropzone"), files)
    expect(page.get_by_text("3 of 3 files finished")).to_be_visible(timeout=90_000)
    receipts = page.locator('[class*="st-key-receipt_name_"]')
    expect(receipts).to_have_count(3)
    for file in files:
        expect(receipts.filter(has_text=file.name)).to_have_count(1)
    expect(page.locator(".stMarkdownBadge", has_text="Ready")).to_have_count(3)
    visitor.shot("upload")
    visitor.drop(page.get_by_test_id("stFileUploaderDropzone"), files[:1])
    expect(page.locator(".stMarkdownBadge", has_text="Already here")).to_be_visible(timeout=30_000)
    visitor.go("/chat")
    answer = ask(visitor, "Who is the lantern keeper of Skarvoy?")
    expect(answer).to_contain_text("Ragna Tveit")


def test_a_citation_opens_its_highlighted_page(visitor: Visitor, samples: dict[str, str]) -> None:
    page = visitor.go(f"/library?document={samples[REPORT]}")
    page.get_by_role("button", name="Ask this document").click()
    visitor.idle()
    answer = ask(visitor, "What was the lowest total discharge of the springs, and on which day?")
    expect(answer).to_contain_text("31.2")
    chips(answer).first.click()
    expect(page.get_by_role("heading", name=re.compile("Source 1"))).to_be_visible()
    visitor.idle()
    picture = page.locator(".st-key-page_picture img")
    expect(picture).to_have_attribute("alt", re.compile(r"Page \d+ of due-diligence"))
    shown = page.request.get(str(picture.evaluate("image => image.src"))).body()
    number = re.findall(r"Page (\d+)", picture.get_attribute("alt") or "")[0]
    plain = page.request.get(f"{visitor.served.address}/api/v1/documents/{samples[REPORT]}/pages/{number}.png").body()
    assert coloured(shown) > coloured(plain) + 0.001
    visitor.shot("citation")


def test_a_reload_keeps_the_conversation(visitor: Visitor, samples: dict[str, str]) -> None:
    visitor.go("/chat")
    question = "Who found the memory card of the logger, and where?"
    answer = ask(visitor, question)
    count = chips(answer).count()
    assert count >= 1
    said = answer.get_by_test_id("stMarkdown").first.inner_text()
    visitor.page.reload()
    visitor.idle()
    messages = visitor.page.get_by_test_id("stChatMessage")
    expect(messages).to_have_count(2)
    expect(messages.first).to_contain_text(question)
    expect(chips(messages.last)).to_have_count(count)
    assert messages.last.get_by_test_id("stMarkdown").first.inner_text() == said
    visitor.shot("chat")


def test_what_no_document_says_is_not_answered(visitor: Visitor, samples: dict[str, str]) -> None:
    visitor.go("/chat")
    answer = ask(visitor, "What is the boiling point of tungsten hexafluoride?")
    expect(answer).to_contain_text("do not answer")
    expect(chips(answer)).to_have_count(0)


def test_a_document_is_deleted(visitor: Visitor, samples: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "short-lived.txt").write_text("The password of the lighthouse is Zwetschgenmus.\n", encoding="utf-8")
    page = visitor.go("/upload")
    visitor.drop(page.get_by_test_id("stFileUploaderDropzone"), [tmp_path / "short-lived.txt"])
    expect(page.get_by_text("1 of 1 file finished")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=re.compile("short-lived")).first.click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 passage")
    visitor.shot("delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_count(0)
    visitor.go("/library")
    expect(page.get_by_text("short-lived")).to_have_count(0)
    assert "short-lived.txt" not in {item["name"] for item in api(visitor.served, "/documents")["documents"]}
    visitor.go("/chat")
    answer = ask(visitor, "What is the password of the lighthouse?")
    assert "Zwetschgenmus" not in answer.inner_text()


def test_the_api_describes_itself(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(visitor.served.address + "/api/docs")
    expect(page.locator(".swagger-ui").first).to_contain_text("/v1/search", timeout=30_000)
    visitor.shot("api")


def test_everything_by_keyboard(visitor: Visitor, samples: dict[str, str]) -> None:
    page = visitor.go("/")
    for name in ("upload", "library", "chat"):
        visitor.tab_to(f'a[href*="/{name}"]')
    visitor.tab_to('textarea[data-testid="stChatInputTextArea"]')
    page.keyboard.type("When does the licence of the Kesterau power station end?")
    page.keyboard.press("Enter")
    answer = page.get_by_test_id("stChatMessage").last
    expect(answer.get_by_test_id("stExpander")).to_be_visible(timeout=60_000)
    visitor.idle()
    visitor.tab_to('a[href^="#cite-"]')
    page.keyboard.press("Enter")
    source = page.get_by_role("heading", name=re.compile(r"Source \d+"))
    expect(source).to_be_visible()
    visitor.idle()
    page.keyboard.press("Escape")
    expect(source).to_have_count(0)


def test_a_narrow_window_holds_every_page(let_in: Door, samples: dict[str, str]) -> None:
    visitor = let_in.visitor(width=390, height=844)
    for path in (*PAGES, f"/library?document={samples[REPORT]}"):
        page = visitor.go(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        visitor.shot("narrow-" + (path.strip("/").split("?")[0] or "home") + ("-document" if "?" in path else ""))
        assert visitor.sideways() <= 0, path
    visitor.go("/chat")
    chips(ask(visitor, "When does the licence of the Kesterau power station end?")).first.click()
    expect(visitor.page.get_by_role("heading", name=re.compile(r"Source \d+"))).to_be_visible()
    visitor.idle()
    visitor.shot("narrow-source")
    assert visitor.sideways() <= 0


def test_a_dark_window_is_dark(let_in: Door, samples: dict[str, str]) -> None:
    visitor = let_in.visitor(scheme="dark")
    for path in (*PAGES, f"/library?document={samples[REPORT]}"):
        page = visitor.go(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        visitor.shot("dark-" + (path.strip("/").split("?")[0] or "home") + ("-document" if "?" in path else ""))
        assert luminance(page, '[data-testid="stApp"]', "backgroundColor") < 60, path
        assert luminance(page, "h1, h2, h3", "color") > 150, path
