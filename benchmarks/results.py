"""The figures, in the form of `make bench`: a table and JSON."""

import json
import sys


class Results:
    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, beside=None, ratio=None, aim_at_least=None, aim=None, **more):
        """One figure.

        `ratio` is that of the figure to what stands beside it, and the aims are of the ratio, or of
        the value where there is no ratio. `more` goes into the JSON alone.
        """
        judged = value if ratio is None else ratio
        missed = (aim_at_least is not None and judged < aim_at_least) or (
            aim is not None and judged > aim)
        self.rows.append({
            "name": name, "value": value, "unit": unit, "beside": beside, "ratio": ratio,
            "aim_at_least": aim_at_least, "aim": aim, "missed": missed, **more,
        })
        print(f"measured: {name}", file=sys.stderr, flush=True)

    def show(self, as_json_only=False):
        if not self.rows:
            return
        if not as_json_only:
            table = [["MEASURED", "VALUE", "UNIT", "BESIDE IT", "AIM"]]
            table += [
                [row["name"], number(row["value"]), row["unit"], row["beside"] or "", aim_text(row)]
                for row in self.rows
            ]
            widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
            for line in table:
                print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
            print()
            missed = [row["name"] for row in self.rows if row["missed"]]
            print("missed: " + ", ".join(missed) if missed else "every aim was met")
        print(json.dumps(self.rows, indent=2, ensure_ascii=False))


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def aim_text(row):
    times = "" if row["ratio"] is None else " ×"
    for key, sign in (("aim_at_least", "≥"), ("aim", "≤")):
        if row[key] is not None:
            return f"{sign} {row[key]:,g}{times}" + (", MISSED" if row["missed"] else "")
    return ""
