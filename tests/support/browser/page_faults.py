"""What is wrong with a page of the console, asked of the page itself: axe, the width of the window, the keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
NARROW: ViewportSize = {"width": 390, "height": 844}
OLD_OFFICE: ViewportSize = {"width": 1366, "height": 768}
RUN_AXE = """async without => {
  const rules = Object.fromEntries(without.map(rule => [rule, {enabled: false}]))
  const found = await axe.run(document, {rules, resultTypes: ["violations"]})
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).slice(0, 3).join(" | ")}`)
}"""
CUT = """() => {
  const found = [], name = e => `${e.tagName.toLowerCase()}.${e.className} "${(e.innerText || "").slice(0, 40)}"`
  const wide = document.scrollingElement.scrollWidth - window.innerWidth
  if (wide > 0) {
    found.push(`the page is ${wide} px too wide`)
    for (const e of document.querySelectorAll("body *"))
      if (e.getBoundingClientRect().right > window.innerWidth + 1 && e.childElementCount === 0 && found.length < 4) found.push(name(e))
  }
  for (const e of document.querySelectorAll("body *")) {
    const style = getComputedStyle(e)
    if (!["hidden", "clip"].includes(style.overflowX) || style.textOverflow === "ellipsis") continue
    if (e.matches(".unseen, option, img, svg, svg *, input, textarea")) continue
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth) found.push(`cut by ${e.scrollWidth - e.clientWidth}: ${name(e)}`)
  }
  return found
}"""
"""What of a page lies beside its window, or is hidden by what it stands in."""
TOGETHER = """() => {
  const found = [], words = e => {
    const range = document.createRange()
    range.selectNodeContents(e)
    return [...range.getClientRects()].filter(box => box.width > 1 && box.height > 1)
  }
  for (const e of document.querySelectorAll("body *")) {
    if (!getComputedStyle(e).display.includes("flex") || !e.getClientRects().length) continue
    const parts = [...e.children].filter(c => (c.innerText || "").trim() && c.getClientRects().length)
    for (let i = 1; i < parts.length; i++) {
      const [before, after] = [words(parts[i - 1]), words(parts[i])]
      for (const a of before) for (const b of after)
        if (a.top < b.bottom - 4 && b.top < a.bottom - 4 && b.left - a.right < 3 && a.left < b.left)
          found.push(`run together: ${parts[i - 1].innerText.slice(-20)}|${parts[i].innerText.slice(0, 20)}`)
    }
  }
  return [...new Set(found)].slice(0, 8)
}"""
"""Words of neighbours in a row that stand closer than a reader can tell apart."""
KEYBOARD = """() => {
  const found = [], name = e => `${e.tagName.toLowerCase()} "${(e.innerText || e.name || e.value || "").slice(0, 30)}"`
  const can = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(e =>
    !e.disabled && e.tabIndex >= 0 && !(e.closest("details:not([open])") && !(e.matches("summary") && !e.parentElement.parentElement.closest("details:not([open])"))) && e.getClientRects().length && getComputedStyle(e).visibility !== "hidden")
  if (can.some(e => e.tabIndex > 0)) found.push("tabindex above 0")
  if (document.querySelector("nav") && !(can.length && can[0].matches("a.skip"))) found.push("the first is not the way past the menu")
  let last = null
  const boxes = new Map(can.map(e => [e, e.getBoundingClientRect()])) // before a focus scrolls anything
  for (const e of can.filter(e => !e.matches("a.skip"))) {
    e.focus()
    if (document.activeElement !== e) { found.push(`takes no focus: ${name(e)}`); continue }
    const style = getComputedStyle(e), seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
    if (!seen) found.push(`its focus is not seen: ${name(e)}`)
    const {left, right, top, bottom} = boxes.get(e), now = {left, right, top, bottom, inRail: !!e.closest(".rail")}
    if (last && last.inRail === now.inRail) {
      const above = now.bottom <= last.top + 1 && now.left < last.right - 1
      const before = now.top < last.bottom - 1 && now.bottom > last.top + 1 && now.right <= last.left + 1
      if (above || before) found.push(`comes after what stands below or right of it: ${name(e)}`)
    }
    last = now
  }
  return found
}"""
"""What of a page's keyboard order, or of the mark of where it is, is wrong; after a Tab, so that the mark is shown."""


def axe(page: Page, *, rules: Literal["all", "plain"] = "all") -> list[str]:
    """What axe finds; `plain`: without the colours, which take it longest."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN_AXE, [] if rules == "all" else ["color-contrast"])
    return found


def cut(page: Page, size: ViewportSize) -> list[str]:
    """What does not fit into a window of a size."""
    page.set_viewport_size(size)
    found: Any = page.evaluate(CUT)
    return [f"{size['width']} px: {one}" for one in found]


def keyboard(page: Page) -> list[str]:
    """What is wrong for somebody without a mouse."""
    page.keyboard.press("Tab")
    found: list[str] = page.evaluate(KEYBOARD)
    return found


def opened(page: Page) -> None:
    """Open all that is folded, but for menus, which lie above the page."""
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach(d => { d.open = true })")
