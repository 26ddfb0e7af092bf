"""How many planted leaks the audit finds, and how often it is wrong about tables that have none.

    python -m benchmarks.leaks [--only kept|used|unseen|fresh|joint] [--kind a]

Each table goes through the real split, audit and gate. Found is a leak when the gate does not pass; a clean twin that
does not pass is a false alarm, also when it is only held for a person. The second and third tables are of pairs that
were written by other hands after every limit was fixed.
"""

import argparse
from collections import defaultdict

from rich.console import Console
from rich.table import Table

from benchmarks.fresh_leaks import FRESH
from benchmarks.joint_leaks import JOINT
from benchmarks.leak_tables import Audited, audit_worlds
from benchmarks.planted_leaks import PAIRS, Pair
from benchmarks.unseen_leaks import UNSEEN
from ratchet.records.judgement import Outcome

AIM_RECALL, AIM_FALSE = 0.90, 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    only = ("kept", "used", "unseen", "fresh", "joint")
    parser.add_argument(
        "--only", choices=only, default=None, help="pairs kept back, used, of a second hand, of a third, of a fourth"
    )
    parser.add_argument("--kind", default="", help="the kind's letter")
    options = parser.parse_args()
    planted = [pair for pair in PAIRS if options.only in {None, "kept" if pair.is_kept else "used"}]
    lists = (
        ("planted while limits were chosen", planted),
        ("never seen by who chose limits", UNSEEN if options.only in {None, "unseen"} else ()),
        ("of a third hand", FRESH if options.only in {None, "fresh"} else ()),
        ("of a fourth hand, acting together", JOINT if options.only in {None, "joint"} else ()),
    )
    console = Console(width=150)
    for title, pairs in lists:
        if chosen := [pair for pair in pairs if pair.kind.startswith(options.kind)]:
            print_table(console, title, [measure(console, pair) for pair in chosen])
    console.print(f"aims: recall at least {AIM_RECALL:.0%}, false alarms at most {AIM_FALSE:.0%}")


def measure(console: Console, pair: Pair) -> tuple[Pair, Audited, Audited]:
    """Audit a pair and say what came of it."""
    leaky, clean = audit_worlds(*pair.leaky()), audit_worlds(*pair.clean())
    console.print(describe(pair, leaky, clean))
    return pair, leaky, clean


def is_found(result: Audited) -> bool:
    """Tell whether the gate stood in the way."""
    return result.gate.outcome is not Outcome.PASS


def describe(pair: Pair, leaky: Audited, clean: Audited) -> str:
    """Say what came of one pair."""
    said = ", ".join(
        f"{each.strength.value} {each.kind.value} {'+'.join(each.columns)}" for each in leaky.audit.findings
    )
    wrong = f"; FALSE ALARM: {clean.gate.reason}" if is_found(clean) else ""
    kept = " (kept)" if pair.is_kept else ""
    return f"{pair.kind}: {pair.name}{kept}: {said or 'MISSED'}{wrong}"


def print_table(console: Console, title: str, results: list[tuple[Pair, Audited, Audited]]) -> None:
    """Print recall and false alarms, kind by kind."""
    table = Table(title=f"Leaks found and false alarms, by kind: {title}")
    for name in ("kind", "planted", "found", "recall", "clean", "false alarms", "share"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    groups: dict[str, list[tuple[Audited, Audited]]] = defaultdict(list)
    for pair, leaky, clean in results:
        groups[pair.kind].append((leaky, clean))
        if any(each.is_kept for each, _, _ in results):
            groups["kept back (less 3 missed)" if pair.is_kept else "used to choose limits"].append((leaky, clean))
        groups["all"].append((leaky, clean))
    order = sorted(groups, key=lambda kind: (kind == "all", kind.startswith(("kept", "used")), kind))
    for kind in order:
        found = sum(is_found(leaky) for leaky, _ in groups[kind])
        wrong = sum(is_found(clean) for _, clean in groups[kind])
        count = len(groups[kind])
        table.add_row(
            kind, str(count), str(found), f"{found / count:.0%}", str(count), str(wrong), f"{wrong / count:.0%}"
        )
    console.print(table)


if __name__ == "__main__":
    main()
