"""`python -m bench [NAME...] [--json]`: measure and print."""

from __future__ import annotations

import argparse
import json
import sys

try:
    from bench.figures import machine
    from bench.registry import BENCHES, figures, inside, report
except ModuleNotFoundError as error:
    sys.exit(f"Measuring needs the package {error.name}. Run `make bench` once; it installs it.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description="Measures what the design promises, on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(f"{n}: {p}" for n, p in BENCHES.items()))
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        inside(asked.inside)
        return 0
    unknown = sorted(set(asked.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    if asked.json:
        print(json.dumps(report(asked.names), indent=2))
        return 0
    print("machine: " + ", ".join(f"{key} {value}" for key, value in machine().items()))
    for figure in figures(asked.names):
        value = f"{figure['value']:,.3f}".rstrip("0").rstrip(".")
        print(
            f"{figure['name']:<46} {value:>10} {figure['unit']:<9} {figure['reach']:<12} {figure['note']}", flush=True
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
