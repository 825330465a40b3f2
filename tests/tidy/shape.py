"""Formatting belongs to the tool."""
import subprocess

from tree import Finding

FORMATTER = "clang-format-19"


def formatted(tree, root):
    paths = [file.path for file in tree.code()]
    for start in range(0, len(paths), 50):
        done = subprocess.run([FORMATTER, "--dry-run", "--ferror-limit=1", *paths[start:start + 50]], cwd=root,
                              capture_output=True, text=True, check=False)
        for line in done.stderr.splitlines():
            if "clang-format-violations" in line:
                path, number = line.split(":")[:2]
                yield Finding(path, int(number), f"not formatted; run {FORMATTER} -i {path}")
