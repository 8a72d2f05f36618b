"""Reads what `go test -json` says, for .ci/run.

show LOG RESULTS   prints each package's closing line and all that a failed test said; keeps everything in LOG and adds to RESULTS how each test ended
again LOG RESULTS  prints "package ^(TestA|TestB)$" for what is worth a second try: a few tests that failed, nothing raced, panicked or hung
verdict RESULTS…   fails when a test was skipped in every run in which it was met, and names it
"""

import json
import sys
from collections import defaultdict

MOST_AGAIN = 4
CLOSING = ("ok ", "ok\t", "FAIL\t", "panic:")


def show(log_path, results_path):
    said = defaultdict(list)  # by package and test; test "" is the package itself
    with open(log_path, "w") as log, open(results_path, "a") as results:
        for line in sys.stdin:
            try:
                event = json.loads(line)
            except ValueError:  # the tool itself speaks, not a test
                print(line, end="", flush=True)
                continue
            take(event, said, log, results)


def take(event, said, log, results):
    action, package, test = event["Action"], event.get("Package", ""), event.get("Test", "")
    output = event.get("Output", "")
    log.write(output)
    if action == "build-output":
        print(output, end="", flush=True)
    elif action == "output":
        said[package, test].append(output)
        if not test and output.startswith(CLOSING):
            print(output, end="", flush=True)
    elif action in ("pass", "fail", "skip"):
        lines = said.pop((package, test), [])
        if action == "fail":
            complain(package, test, lines, said)
        if test or action == "fail":
            results.write(f"{action} {package} {test}\n")


def complain(package, test, lines, said):
    """A test says what it said; a package that failed, what its unfinished tests said (a panic, a time-out)."""
    if not test:
        lines = [line for line in lines if not line.startswith(CLOSING) and line != "FAIL\n"]
        for key in [k for k in said if k[0] == package]:
            lines = said.pop(key) + lines
    print("".join(lines[-400:]), end="", flush=True)


def ends_of(results_paths):
    ends = defaultdict(set)
    for path in results_paths:
        with open(path) as results:
            for line in results:
                action, package, test = line.rstrip("\n").split(" ", 2)
                ends[package, test].add(action)
    return ends


def again(log_path, results_path):
    with open(log_path) as log:
        if any("DATA RACE" in line or line.startswith(("panic:", "fatal error:")) for line in log):
            return 1
    failed = defaultdict(set)
    for (package, test), actions in ends_of([results_path]).items():
        if "fail" in actions:
            failed[package].add(test.split("/")[0])
    for tests in failed.values():
        tests.discard("")  # the package itself
        if not tests:  # it failed by something else
            return 1
    if not 0 < sum(map(len, failed.values())) <= MOST_AGAIN:
        return 1
    for package, tests in sorted(failed.items()):
        print(f"{package} ^({'|'.join(sorted(tests))})$")
    return 0


def verdict(*results_paths):
    ends = ends_of(results_paths)
    skipped = sorted(k for k, actions in ends.items() if actions == {"skip"})
    for package, test in skipped:
        print(f"skipped: {package} {test}")
    count = sum(1 for actions in ends.values() if "pass" in actions)
    print(f"{count} tests and subtests passed, {len(skipped)} were skipped")
    return 1 if skipped or not count else 0


if __name__ == "__main__":
    sys.exit({"show": show, "again": again, "verdict": verdict}[sys.argv[1]](*sys.argv[2:]))
