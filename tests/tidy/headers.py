"""Every header compiles alone."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess

from tree import Finding

COMPILER = "clang++-19"


def compile_alone(root, path, folder):
    """Returns the first error, or None. ccache makes the second run cheap."""
    include = path.removeprefix("src/").removeprefix("include/")
    stub = folder / (re.sub(r"[/.]", "_", path) + ".cpp")
    text = f'#include "{include}"\n'
    if not stub.exists() or stub.read_text() != text:
        stub.write_text(text)
    ccache = [shutil.which("ccache")] if shutil.which("ccache") else []
    line = [*ccache, COMPILER, "-std=c++23", f"-I{root}/src", f"-I{root}/include",
            "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED", "-c", str(stub), "-o", str(stub) + ".o"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return next((text for text in done.stderr.splitlines() if "error:" in text), done.stderr[:300])


def alone(tree, root):
    headers = [file.path for file in tree.code()
               if file.suffix == ".h" and file.path.startswith(("src/", "include/"))]
    folder = pathlib.Path(root, "build", "tidy")
    folder.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for path, error in zip(headers, workers.map(lambda path: compile_alone(root, path, folder), headers)):
            if error:
                yield Finding(path, 1, f"does not compile alone: {error}")
