#!/usr/bin/env python3
"""Audit the pinned packages for known vulnerabilities with pip-audit. Fails if there are any; prints a
warning, but does not fail, if the vulnerability service cannot be reached.

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
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)  # noqa: S603 # nosec B603 # our own command
    try:
        packages = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError):
        errors = result.stderr.strip().splitlines() or ["no answer"]
        print(f"Not audited: the vulnerability service cannot be reached: {errors[-1][:200]}")
        return 0
    audited = [package for package in packages if "vulns" in package]
    vulnerabilities = [(package, vulnerability) for package in audited for vulnerability in package["vulns"]]
    for package, vulnerability in vulnerabilities:
        fixed = ", ".join(vulnerability["fix_versions"]) or "none yet"
        print(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    print(
        f"{len(audited)} of {len(packages)} packages were audited: {len(vulnerabilities)} known vulnerabilities."
    )
    if len(audited) < len(packages):
        print("The service does not know the others: look them up by hand (docs/operations/security.md).")
    return 1 if vulnerabilities else 0


if __name__ == "__main__":
    sys.exit(main())
