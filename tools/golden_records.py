"""Read the records of a run so that two runs can be compared, and find what differs between them."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

Json = Any  # what json.loads returns

# Durations and memory depend on the machine's load, and so do the calls and rows that fit into a fixed time.
MEASURED = frozenset(
    (
        *("seconds", "fit_seconds", "predict_seconds", "load_seconds", "score_ms", "latency_ms", "latency"),
        *("calls", "batch_rows", "rows_per_second", "peak_bytes", "resident_bytes", "process_bytes"),
    )
)
# Of pages with durations and Parquet files with clock times; a model's size stays, among its figures.
SIZES = frozenset(("size_bytes",))
SUBSTITUTIONS = (
    # of models (zip files with clock times), pages and ledger entries; MLflow's ids are random; of paths and settings
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<digest>"),
    (re.compile(r"\b\d[\d,.]* ms\b"), "<duration>"),  # in the serving cost's reason
    (re.compile(r"\b\d[\d,.]* MB(, beside the champion at most \d[\d,.]*)?"), "<memory>"),  # there, too
    (re.compile(r"(\d+ (d|h|min|s) )+since\b"), "<duration> since"),  # in the throttle's reasons: the clock of now
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
SKIPPED = frozenset(("mlartifacts", "data_docs"))  # MLflow's copies of the records, and Great Expectations' pages
ABSENT = "<absent>"


def read_files(home: Path, places: Mapping[str, str], began: str) -> dict[str, Json]:
    """Read the records of a home, without what no two runs share."""
    found: dict[str, list[Json]] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home)
        if path.suffix not in READERS or SKIPPED & set(name.parts):
            continue
        record = READERS[path.suffix](path)
        found.setdefault(substitute(str(name), {}, began), []).append(normalise(record, places, began))
    # Settings hold the inputs' path and so name some folders: such files have one name, in the order of their contents.
    return {name: each[0] if len(each) == 1 else sorted(each, key=json.dumps) for name, each in found.items()}


def digest_columns(path: Path) -> dict[str, Json]:
    """Digest each column's values, whatever its type in the file."""
    frame = pd.read_parquet(path)
    texts = {str(name): "\n".join(frame[name].astype(str)) for name in frame}
    return {"rows": len(frame)} | {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}


READERS: Mapping[str, Callable[[Path], Json]] = {
    ".json": lambda path: json.loads(path.read_text()),
    ".yaml": lambda path: path.read_text().splitlines(),
    ".parquet": digest_columns,
}


def normalise(value: Json, places: Mapping[str, str], began: str) -> Json:
    """Drop what the machine's load decides; take paths, digests and times of now out of texts."""
    if isinstance(value, dict):
        left_out = MEASURED | SIZES | ({"value"} if str(value.get("name")) in MEASURED else set())
        kept = {key: each for key, each in value.items() if key not in left_out}
        return {substitute(key, places, began): normalise(each, places, began) for key, each in kept.items()}
    if isinstance(value, list):
        return [normalise(each, places, began) for each in value]
    return substitute(value, places, began) if isinstance(value, str) else value


def substitute(text: str, places: Mapping[str, str], began: str) -> str:
    """Name what differs from run to run; a moment is one of now when the tool had begun by then."""
    for place, word in places.items():
        text = text.replace(place, word)
    for pattern, word in SUBSTITUTIONS:
        text = pattern.sub(word, text)
    return MOMENT.sub(lambda found: "<now>" if found[0][:19].replace("T", " ") >= began else found[0], text)


def flatten(value: Json, words: Mapping[str, str], path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield the path and the value of every leaf, in new words."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            parts = [rename_file(part, words) for part in str(key).split("/")]
            yield from flatten(each, words, f"{path} {'/'.join(parts)}".strip())
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from flatten(each, words, f"{path}[{number}]")
    else:
        yield path, value


def rename_file(name: str, words: Mapping[str, str]) -> str:
    """Return the new word for a name, or for a file's name before its suffix."""
    stem, dot, suffix = name.rpartition(".")
    return words.get(name, f"{words.get(stem, stem)}{dot}{suffix}")


def compare(before: Path, after: Path, names: Mapping[str, Mapping[str, str]]) -> int:
    """Print each difference that has no reason, and how many have which; return how many have none."""
    unexplained, explained = 0, Counter[str]()
    for name in sorted({path.name for folder in (before, after) for path in folder.glob("*.json")}):
        old, new = (json.loads(path.read_text()) if (path := each / name).exists() else {} for each in (before, after))
        for where, pair in find_differences(
            {name.removesuffix(".json"): old}, {name.removesuffix(".json"): new}, names
        ):
            reason = next((why for pattern, why in names.get("reasons", {}).items() if re.search(pattern, where)), None)
            if reason is None:
                unexplained += 1
                print(f"{where}: {pair[0]!r} -> {pair[1]!r}")
            else:
                explained[reason] += 1
    for why, count in explained.most_common():
        print(f"{count} differ: {why}")
    print(f"{unexplained} differ without a reason")
    return unexplained


def find_differences(
    before: Json, after: Json, names: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, tuple[Json, Json]]]:
    """Yield the path and both values of what differs, once what was before is said in new words."""
    words = names.get("words", {})
    old = {path: rename_value(each, names) for path, each in flatten(before, words)}
    new = dict(flatten(after, {}))
    for path in sorted(old.keys() | new.keys()):
        pair = old.get(path, ABSENT), new.get(path, ABSENT)
        if json.dumps(pair[0]) != json.dumps(pair[1]):  # 1 is not 1.0, nor is it true
            yield path, pair


def rename_value(value: Json, names: Mapping[str, Mapping[str, str]]) -> Json:
    """Say a text in new words."""
    if not isinstance(value, str):
        return value
    for pattern, replacement in names.get("sentences", {}).items():
        value = re.sub(pattern, replacement, value)
    return names.get("words", {}).get(value, value)
