"""What does not fit: texts that a figure cuts off or draws on one another, and what makes a phone scroll."""

from __future__ import annotations

from playwright.sync_api import Page

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
}
FIGURE = ".js-plotly-plot"
OUTSIDE = """plots => plots.flatMap(plot => {
    const frame = plot.getBoundingClientRect();
    const column = (plot.closest('[data-testid="stMain"]') || document.body).getBoundingClientRect();
    const out = (box, rim) => box.left < rim.left - 1 || box.right > rim.right + 1
                           || box.top < rim.top - 1 || box.bottom > rim.bottom + 1;
    const seen = text => text.textContent && text.getBoundingClientRect().width;
    const texts = [...plot.querySelectorAll('text')].filter(seen);
    return [
        ...(frame.left < column.left - 1 || frame.right > column.right + 1 ? ['the figure'] : []),
        ...texts.filter(t => out(t.getBoundingClientRect(), frame)).map(t => t.textContent),
    ];
})"""
"""JavaScript: what of the figures lies outside of its canvas."""
OVER_ONE_ANOTHER = """plots => plots.flatMap(plot => {
    const corners = text => {  // of the letters, turned as they are: a line is higher than they
        const box = text.getBBox(), to = text.getScreenCTM();
        const rim = 0.2 * parseFloat(getComputedStyle(text).fontSize);
        const [top, bottom] = [box.y + rim, box.y + box.height - rim];
        return [[box.x, top], [box.x + box.width, top], [box.x + box.width, bottom], [box.x, bottom]]
            .map(([x, y]) => [to.a * x + to.c * y + to.e, to.b * x + to.d * y + to.f]);
    };
    const apart = (one, other) => [one, other].some(([a, b, , d]) => [b, d].some(end => {
        const axis = [end[0] - a[0], end[1] - a[1]];
        const along = points => points.map(([x, y]) => (x * axis[0] + y * axis[1]) / Math.hypot(...axis));
        const [p, q] = [along(one), along(other)];
        return Math.min(Math.max(...p) - Math.min(...q), Math.max(...q) - Math.min(...p)) < 1;
    }));
    const seen = text => text.textContent.trim() && text.getBoundingClientRect().width
        && text.checkVisibility({opacityProperty: true, visibilityProperty: true});
    const texts = [...plot.querySelectorAll('text')].filter(seen).map(t => [t.textContent, corners(t)]);
    return texts.flatMap(([text, box], n) => texts.slice(n + 1)
        .filter(other => !apart(box, other[1])).map(other => `${text} | ${other[0]}`));
})"""
"""JavaScript: pairs of texts of a figure of which one lies on the other."""
ON_MARKERS = """plots => plots.flatMap(plot => {
    const boxes = parts => [...plot.querySelectorAll(parts)].map(part => [part, part.getBoundingClientRect()]);
    const markers = boxes('.scatterlayer .points path.point').map(([, box]) => box).filter(box => box.width);
    const meet = (text, dot) => Math.min(text.right, dot.right) - Math.max(text.left, dot.left) > 1
        && Math.min(text.bottom, dot.bottom) - Math.max(text.top, dot.top) > 1;
    return boxes('.annotation text, .textpoint text').filter(([, box]) => markers.some(dot => meet(box, dot)))
        .map(([text]) => text.textContent);
})"""
"""JavaScript: labels of a figure that lie on one of its points."""
SMALL = """least => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    const seen = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true})
        && element.getBoundingClientRect().width;
    while (walk.nextNode()) {
        const [text, element] = [walk.currentNode.textContent.trim(), walk.currentNode.parentElement];
        if (!text || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName) || !seen(element)) continue;
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (size < least) found.push(`${size} px: ${text}`);
    }
    return found;
}"""
"""JavaScript: texts of the page, figures included, that are smaller than so many pixels."""
UNDER_ICONS = """() => {
    const parts = ['stSidebar', 'stMetric', 'stWidgetLabel'].map(part => `[data-testid="${part}"]`);
    const icons = 'svg, [data-testid="stIconMaterial"], [data-testid="stTooltipIcon"]';
    const seen = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true});
    const unseen = element => element  // for those who listen
        && (parseFloat(getComputedStyle(element).width) < 2 || unseen(element.parentElement));
    const meet = (text, icon) => Math.min(text.right, icon.right) - Math.max(text.left, icon.left) > 1
        && Math.min(text.bottom, icon.bottom) - Math.max(text.top, icon.top) > 1;
    const found = new Set(), range = document.createRange();
    for (const place of document.querySelectorAll(['button', ...parts].join())) {
        const beside = [...place.querySelectorAll(icons)].filter(seen).map(e => e.getBoundingClientRect());
        const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const [text, element] = [walk.currentNode.textContent.trim(), walk.currentNode.parentElement];
            if (!text || element.closest(icons) || !seen(element) || unseen(element)) continue;
            range.selectNodeContents(walk.currentNode);
            const lines = [...range.getClientRects()];
            if (lines.some(line => beside.some(icon => meet(line, icon)))) found.add(text);
        }
    }
    return [...found];
}"""
"""JavaScript: texts of sidebar, metrics, buttons and names of settings on which an icon beside them lies."""
STEADY = """() => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    const fits = plot => {
        const [frame, canvas] = [plot, plot.querySelector('.main-svg')].map(e => e?.getBoundingClientRect());
        return canvas && Math.abs(frame.width - canvas.width) < 1 && Math.abs(frame.height - canvas.height) < 1;
    };
    const box = e => Object.values(e.getBoundingClientRect().toJSON());
    const places = () => JSON.stringify(plots.map(p => [p, ...p.querySelectorAll('text')].map(box)));
    const now = plots.every(fits) && places();
    const seen = window.steadyFigures;
    window.steadyFigures = {now, times: now && seen?.now === now ? seen.times + 1 : 0};
    return window.steadyFigures.times >= 3;
}"""
"""JavaScript: true once every figure fills its frame and none of its texts has moved at four looks in a row."""
STEADY_MS = 120_000
"""Longer than a busy host takes to lay out a page."""
WIDER = """[document.documentElement, document.querySelector('[data-testid="stMain"]')]
    .map(e => e.scrollWidth - e.clientWidth)"""


def steady(page: Page) -> None:
    """Wait until the page's figures are laid out for the room that they have: Plotly follows a window later."""
    page.wait_for_function(STEADY, polling=100, timeout=STEADY_MS)


def clipped(page: Page, figure: str = FIGURE) -> list[str]:
    """Texts of the page's figures that their canvas cuts off."""
    page.locator(figure).first.locator("text").first.wait_for()
    return list(page.locator(figure).evaluate_all(OUTSIDE))


def overlapping(page: Page, figure: str = FIGURE) -> list[str]:
    """Pairs of texts of the page's figures that lie on one another."""
    return list(page.locator(figure).evaluate_all(OVER_ONE_ANOTHER))


def on_markers(page: Page, figure: str = FIGURE) -> list[str]:
    """Labels of the page's figures that lie on a point."""
    return list(page.locator(figure).evaluate_all(ON_MARKERS))


def under_icons(page: Page) -> list[str]:
    """Texts of sidebar, metrics, buttons and names of settings that lie under an icon."""
    return list(page.evaluate(UNDER_ICONS))


def small(page: Page, least_px: float) -> list[str]:
    """Texts of the page that are smaller than `least_px`."""
    return list(page.evaluate(SMALL, least_px))


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return max(page.evaluate(WIDER))
