"""The report in a real browser: it shows everything, everywhere, and asks nobody for anything. It needs no engine."""

from __future__ import annotations

import os
import shutil
import socket
from itertools import pairwise

import pytest

from harness.views.report import page as report_page
from tests.support import folders, growing
from tests.support.hostile import hostile_run
from tests.support.reported import judged

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make .venv")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"),
]

DESKTOP, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
CONTRAST_TEXT = 4.5


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        # Chromium has no sandbox for root, which is who CI is.
        found = started.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=os.geteuid() != 0)
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(report_page.of(folders.every())[0])
    return folder / "report.html"


@pytest.fixture
def opened(browser):
    """Open a page; whatever it complains of, or asks for besides itself, fails the test in the end."""
    wrong, contexts = [], []

    def do(file, *, viewport=DESKTOP, **how):
        contexts.append(browser.new_context(viewport=viewport, **how))
        page = contexts[-1].new_page()
        page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda asked: asked.url == file.as_uri() or wrong.append(f"asked for {asked.url}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.goto(file.as_uri())
        return page

    yield do
    for context in contexts:
        context.close()
    assert wrong == []


def all_drawn(page) -> None:
    """Bring each chart into sight, as a reader does who reads on."""
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    page.wait_for_function(
        "document.querySelectorAll('.chart').length == document.querySelectorAll('.chart svg').length"
    )


def too_wide(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop, light", "phone, dark"]
)
def test_every_chart_is_drawn_and_nothing_is_wider_than_the_screen(opened, report, viewport, scheme):
    page = opened(report, viewport=viewport, color_scheme=scheme)
    assert page.locator(".chart svg").count() < page.locator(".chart").count(), "those out of sight are not drawn yet"
    all_drawn(page)

    assert page.locator(".chart").count() > 40
    empty = page.evaluate(
        "[...document.querySelectorAll('.chart svg')].filter(s => !s.querySelector('circle, path, rect')).length"
    )
    assert empty == 0
    assert too_wide(page) == 0
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert too_wide(page) == 0


def test_each_chart_tells_a_screen_reader_what_it_shows(opened, report):
    page = opened(report)
    all_drawn(page)

    charts = page.locator(".chart[role=img]:has(svg[aria-hidden=true])")
    assert charts.count() == page.locator(".chart").count()
    for label in charts.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))"):
        assert " of " in label
        assert label.endswith(".")


def middle_of(chart, said: str) -> float:
    """Where that tick stands."""
    boxes = [tick.bounding_box() for tick in chart.locator("text").all() if tick.text_content() == said]
    return boxes[0]["x"] + boxes[0]["width"] / 2


def test_marks_lie_where_the_recording_says(opened, report):
    page = opened(report)
    article = page.locator("article", has=page.locator("#docker-no-auto-restart"))
    chart = article.locator(".chart").first
    chart.scroll_into_view_if_needed()
    chart.locator("svg").wait_for()
    zero, one = (middle_of(chart, said) for said in ("0 s", "1 s"))
    box = chart.locator("[aria-label=dot] [fill='var(--act)'] path").first.bounding_box()

    assert abs(box["x"] + box["width"] / 2 - zero) < 2
    assert one - zero > 100


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A page of trials whose copies become more under a load."""
    file = tmp_path_factory.mktemp("grown") / "report.html"
    file.write_text(report_page.html(judged([growing.run()], [growing.lab()])))
    return file


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_how_many_served_is_a_line_for_each_trial_over_its_load(opened, grown, viewport):
    page = opened(grown, viewport=viewport)
    all_drawn(page)
    chart = page.locator(".chart[data-kind=copies]").first

    assert chart.locator("[aria-label=line] path").count() == 3
    assert chart.locator("[aria-label=rect] rect").count() == 3
    assert chart.get_by_text("5 a second").is_visible()
    load = chart.locator("[aria-label=rect] rect").first.bounding_box()
    zero, ten = (middle_of(chart, said) for said in ("0 s", "10 s"))
    seconds = (ten - zero) / 10
    assert abs(load["x"] - zero) < seconds
    assert abs(load["width"] - 20.3 * seconds) < 3
    assert too_wide(page) == 0


def test_who_answered_is_a_bar_for_each_copy_beside_what_chance_makes_of_even_shares(opened, report):
    page = opened(report)
    article = page.locator("article", has=page.locator("#docker-network-needs-config"))
    all_drawn(page)
    first = article.locator("[data-kind=shares]").first
    trials = len(first.get_attribute("data-trials").split())

    assert first.locator("[aria-label=rect]").nth(1).locator("rect").count() == 3 * trials
    assert first.locator("[aria-label=rect]").first.locator("rect").count() == trials
    assert first.get_by_text("p < 0.001").count() == trials
    assert article.get_by_text("lies within that range more often than not").is_visible()


def test_whole_windows_can_be_asked_for(opened, report):
    page = opened(report)
    article = page.locator("article", has=page.locator("#docker-no-auto-restart"))
    button = article.get_by_role("button", name="Show whole windows")
    button.scroll_into_view_if_needed()
    article.locator(".chart svg").first.wait_for()
    ticks = "all => Math.max(...all.map(t => parseFloat(t.textContent)).filter(Number.isFinite))"
    near = article.locator("[aria-label='x-axis tick label'] text").evaluate_all(ticks)
    button.press("Enter")

    assert button.get_attribute("aria-pressed") == "true"
    assert article.locator("[aria-label='x-axis tick label'] text").evaluate_all(ticks) > 2 * near


def test_a_keyboard_reaches_the_verdicts_a_claim_and_its_evidence(opened, report):
    page = opened(report)
    focused = "document.activeElement.textContent.trim()"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the verdicts"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    first = page.evaluate(focused)
    page.keyboard.press("Enter")
    article = page.locator("article", has=page.get_by_role("heading", name=first, exact=True))
    assert page.evaluate("document.activeElement.textContent") == first

    summary = article.locator("summary").last
    for _ in range(20):
        page.keyboard.press("Tab")
        if summary.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Space")
    assert article.locator("details").last.get_attribute("open") is not None
    assert article.get_by_text("What the judge answered to each").is_visible()


def test_a_link_into_what_is_folded_opens_it(opened, report):
    page = opened(report)
    anchor = page.locator(".recordings details.cell > div").last.get_attribute("id")
    page.evaluate("anchor => { location.hash = anchor; }", anchor)

    page.locator(f"#{anchor}").wait_for(state="visible")


def test_headings_are_in_order_and_everything_is_named(opened, report):
    page = opened(report)
    all_drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    levels = page.locator("h1, h2, h3, h4, h5").evaluate_all("all => all.map(h => Number(h.tagName[1]))")

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("main").count() == 1
    unnamed = page.locator("a, button, summary").evaluate_all("all => all.filter(o => !o.textContent.trim()).length")
    assert unnamed == 0


CONTRASTS = """() => {
  const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const back = parsed(getComputedStyle(one).backgroundColor);
      if (back.length === 3 || back[3] > 0) return back;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const one of document.querySelectorAll("body *:not(svg):not(svg *)")) {
    if (![...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [front, back] = [light(parsed(getComputedStyle(one).color)), light(behind(one))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const name = `${one.tagName}.${one.className}`;
    found[name] = Math.min(found[name] ?? 99, ratio);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(opened, report, scheme):
    page = opened(report, color_scheme=scheme)
    ratios = page.evaluate(CONTRASTS)

    assert len(ratios) > 20
    assert {name: ratio for name, ratio in ratios.items() if ratio < CONTRAST_TEXT and name != "SCRIPT."} == {}


def test_on_paper_it_is_unfolded_light_and_whole(opened, report, tmp_path):
    page = opened(report, color_scheme="dark", viewport={"width": 718, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details:not(.raw):not([open])").count() == 0
    assert page.locator(".chart svg").count() == page.locator(".chart").count()
    assert too_wide(page) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("article details[open]").count() == 0
    page.emulate_media(media="screen")
    assert len(page.pdf()) > 100_000


def test_without_javascript_everything_is_told_in_words(opened, report):
    page = opened(report, java_script_enabled=False)

    assert page.get_by_text("The charts need JavaScript").is_visible()
    page.locator("article summary", has_text="in words").first.click()
    assert page.locator("article .words li").first.is_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_hostile_recording_does_nothing(opened, tmp_path, viewport):
    file = tmp_path / "hostile.html"
    file.write_text(report_page.of([hostile_run(tmp_path / "run")])[0])
    page = opened(file, viewport=viewport)
    all_drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.locator(".chart svg").first.hover()

    assert page.evaluate("window.broken") is None
    assert page.locator("img, iframe").count() == 0
    assert page.locator("h1").is_visible()
    assert too_wide(page) == 0


def test_the_policy_stops_what_would_leave_the_page(browser, report):
    """Were something to get in after all, it could load nothing and send nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        context = browser.new_context()
        page = context.new_page()
        page.goto(report.as_uri())
        page.evaluate(
            """(url) => {
              document.body.insertAdjacentHTML("beforeend", `<img src="${url}" onerror="window.broken = 1">`);
              const script = document.createElement("script");
              script.textContent = "window.broken = 2";
              document.body.append(script);
              fetch(url, { mode: "no-cors" }).catch(() => {});
            }""",
            f"http://127.0.0.1:{server.getsockname()[1]}/x.png",
        )

        with pytest.raises(TimeoutError):
            server.accept()
        assert page.evaluate("window.broken") is None
        context.close()
