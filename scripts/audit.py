#!/usr/bin/env python3
"""Asks pip-audit whether holes are known in the packages that are pinned. Fails if there are any; says so, and does
not fail, where nobody can be asked.

    make audit
"""

import json
import subprocess  # nosec B404 # for our own command
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", "-r", "requirements-dev.txt", "--no-deps",
               "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]  # fmt: skip
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)  # noqa: S603 # nosec B603 # our own command
    try:
        packages = json.loads(found.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = found.stderr.strip().splitlines() or ["no answer"]
        print(f"Not audited, the index of known holes cannot be asked: {said[-1][:200]}")
        return 0
    asked = [package for package in packages if "vulns" in package]
    holes = [(package, hole) for package in asked for hole in package["vulns"]]
    for package, hole in holes:
        better = ", ".join(hole["fix_versions"]) or "none yet"
        print(f"{package['name']} {package['version']}: {hole['id']}, mended in {better}")
    print(f"{len(asked)} of {len(packages)} packages were audited, with {len(holes)} known holes.")
    if len(asked) < len(packages):
        print("The others are unknown to the index that was asked: look them up by hand (docs/security.md).")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
