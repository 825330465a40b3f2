"""What was measured: runs by case and way, their medians, a table of them, and the goals."""
import statistics

ORDER = ["sluice", "sluiced", "sluice tcp", "sluice tls", "virsh", "virsh tls", "libvirtd"]  # then the limits
# The first that is there is the ratio that a table shows.
PAIRS = [("sluice", "virsh"), ("sluice", "libvirtd"), ("sluiced", "libvirtd"), ("sluice tcp", "virsh"), ("sluice tls", "virsh tls")]


class Results:
    """columns: [(key, heading, decimals)]; plots: [(key, title, unit)]."""

    def __init__(self, title, columns, plots):
        self.title, self.columns, self.plots = title, columns, plots
        self.runs, self.goals, self.notes = {}, [], []

    def add(self, case, way, **figures):
        ways = self.runs.setdefault(case, {})
        ways.setdefault(way, []).append(figures)
        self.runs[case] = dict(sorted(ways.items(), key=lambda way: ORDER.index(way[0]) if way[0] in ORDER else len(ORDER)))

    def median(self, case, way, key):
        values = [run[key] for run in self.runs.get(case, {}).get(way, []) if run.get(key) is not None]
        return statistics.median(values) if values else None

    def most(self, case, way, key):
        return max((run[key] for run in self.runs.get(case, {}).get(way, [])), default=None)

    def ratio(self, case, key, way, other):
        ours, theirs = self.median(case, way, key), self.median(case, other, key)
        return None if ours is None or not theirs else ours / theirs

    def ratio_of(self, case, way, key, other):
        """Of two figures of the same way."""
        one, two = self.median(case, way, key), self.median(case, way, other)
        return None if one is None or not two else one / two

    def goal(self, what, value, least=None, most=None):
        """A goal that could not be measured is said to be so: it counts as neither."""
        reached = None if value is None else (value >= least if least is not None else value <= most)
        self.goals.append({"what": what, "value": value, "least": least, "most": most, "reached": reached})

    def medians(self):
        return {case: {way: {key: self.median(case, way, key) for key, _, _ in self.columns} | {"runs": len(runs)}
                       for way, runs in ways.items()} for case, ways in self.runs.items()}

    def as_json(self):
        return {"medians": self.medians(), "goals": self.goals, "notes": self.notes, "runs": self.runs}

    def table(self):
        width = max([24, *(len(case) for case in self.runs)])
        lines = [f"\n{self.title}", " " * (width + 20) + "".join(f"{heading:>15}" for _, heading, _ in self.columns)]
        for case, ways in self.runs.items():
            for number, way in enumerate(ways):
                cells = []
                for key, _, decimals in self.columns:
                    value = self.median(case, way, key)
                    cells.append(f"{'-':>15}" if value is None else f"{value:15.{decimals}f}")
                lines.append(f"{case if number == 0 else '':{width}}  {way:18}" + "".join(cells))
            for ours, theirs in [pair for pair in PAIRS if set(pair) <= set(ways)][:1]:
                ratios = [self.ratio(case, key, ours, theirs) for key, _, _ in self.columns]
                lines.append(f"{'':{width}}  {ours + ' / ' + theirs:18}" +
                             "".join(f"{'-':>15}" if ratio is None else f"{ratio:15.2f}" for ratio in ratios))
        return "\n".join([*lines, *self.notes])

    def told_goals(self):
        for goal in self.goals:
            limit = f"at least {goal['least']:g}" if goal["least"] is not None else f"at most {goal['most']:g}"
            if goal["reached"] is None:
                yield f"  not measured  {goal['what']} (goal: {limit})"
            else:
                word = "reached" if goal["reached"] else "MISSED"
                yield f"  {word:12}  {goal['what']}: {goal['value']:.2f} (goal: {limit})"


def alternated(ways, rounds):
    """(round, way) so that no way is always the first; round 0 warms up and is not to be kept."""
    for number in range(rounds + 1):
        shift = number % len(ways)
        for way in ways[shift:] + ways[:shift]:
            yield number, way
