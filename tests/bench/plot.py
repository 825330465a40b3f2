"""Horizontal bars as SVG: a group of bars for each case, a bar for each way."""
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 760, 250, 90, 18, 14, 44
COLOURS = {"sluice": "#1f6f8b", "sluiced": "#4fa3bf", "sluice tcp": "#4fa3bf", "sluice tls": "#1f6f8b",
           "virsh": "#c8553d", "virsh tls": "#c8553d", "libvirtd": "#c8553d"}
LIMIT = "#b9b9b9"  # what is neither of both is a limit to be seen beside them


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def bars(title, unit, groups):
    """groups: [(case, [(way, value), ...]), ...]; values that are None are left out."""
    groups = [(case, [(way, value) for way, value in ways if value is not None]) for case, ways in groups]
    groups = [(case, ways) for case, ways in groups if ways]
    most = max((value for _, ways in groups for _, value in ways), default=0) or 1
    height = HEAD + sum(BAR + len(ways) * BAR + GAP for _, ways in groups)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
             f'font-family="sans-serif" font-size="12" fill="#222">',
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
             f'<text x="{WIDTH - 12}" y="24" text-anchor="end">{escape(unit)}</text>']
    top = HEAD
    for case, ways in groups:
        lines.append(f'<text x="12" y="{top + 12}" font-weight="bold">{escape(case)}</text>')
        top += BAR
        for way, value in ways:
            length = (WIDTH - LEFT - RIGHT) * value / most
            lines += [f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(way)}</text>',
                      f'<rect x="{LEFT}" y="{top + 2}" width="{max(length, 1):.1f}" height="{BAR - 4}" '
                      f'fill="{COLOURS.get(way, LIMIT)}"/>',
                      f'<text x="{LEFT + length + 6:.1f}" y="{top + 13}">{number(value)}</text>']
            top += BAR
        top += GAP
    return "\n".join([*lines, "</svg>", ""])
