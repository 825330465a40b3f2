"""The source tree as the rules see it: files with their lines, and findings that name file and line."""
import dataclasses
import pathlib
import re
import subprocess

CODE = {".h", ".cpp", ".c"}


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class File:
    def __init__(self, path, text):
        self.path = path
        self.name = path.rsplit("/", 1)[-1]
        self.stem, _, self.suffix = self.name.rpartition(".")
        self.suffix = "." + self.suffix if self.stem else ""
        self.lines = text.splitlines()
        parts = path.split("/")
        self.room = parts[1] if parts[0] == "src" and len(parts) == 3 else None

    @property
    def is_code(self):
        return self.suffix in CODE

    @property
    def is_test(self):
        return self.stem.endswith(("_test", "_fuzz")) or self.path.startswith("tests/")

    def includes(self):
        """Yields (line number, what is included)."""
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
            if found:
                yield number, found.group(1)

    def code(self):
        """Yields (line number, line without its comment and without the text of its strings)."""
        for number, line in enumerate(self.lines, 1):
            if not line.lstrip().startswith("#"):
                line = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
            yield number, re.sub(r"//.*", "", line)


class Tree:
    def __init__(self, files):
        self.files = sorted(files, key=lambda file: file.path)

    @classmethod
    def of(cls, root):
        """What git knows or would add: nothing that is built or ignored."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                                check=True, capture_output=True).stdout.decode().split("\0")
        files = []
        for path in listed:
            place = pathlib.Path(root, path)
            if path and place.is_file() and not place.is_symlink():
                try:
                    files.append(File(path, place.read_text()))
                except UnicodeDecodeError:
                    pass  # golden bytes and corpus inputs are not text
        return cls(files)

    def code(self):
        return [file for file in self.files if file.is_code]

    def rooms(self):
        return [file for file in self.code() if file.room]

    def find(self, path):
        return next((file for file in self.files if file.path == path), None)
