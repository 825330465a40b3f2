"""The manual page and the completion know every command and every option of the parser."""
import pathlib
import re
import subprocess
import unittest

from place import SLUICE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/man/sluice.1"
COMPLETION = ROOT / "completions/sluice"


def help_of(*command):
    return subprocess.run([SLUICE, *command, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout


def options_in(text):
    """The options that the lines of a help text begin with."""
    names = set()
    for line in text.splitlines():
        if re.match(r"\s+-", line):
            names.update(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", line.split("  ")[1].split(" Excludes")[0]))
    return names


def subcommands(*command):
    said = help_of(*command)
    return re.findall(r"^  ([a-z]+) ", said.split("Subcommands:")[1], re.M) if "Subcommands:" in said else []


def commands():
    """Each as its words; those with commands of their own and these."""
    for name in subcommands():
        yield (name,)
        yield from ((name, verb) for verb in subcommands(name))


class Manual(unittest.TestCase):
    page = PAGE.read_text().replace("\\-", "-").replace("\\fR", " ").replace("\\fB", " ").replace("\\fI", " ")
    completion = COMPLETION.read_text()

    def test_there_are_commands_to_look_for(self):
        self.assertEqual(24, len(subcommands()))
        self.assertEqual(24 + 12 + 11 + 4, len(list(commands())))
        self.assertIn("--level", options_in(help_of("save")))

    def test_every_command_is_in_the_page_and_is_completed(self):
        for command in commands():
            if not subcommands(*command):
                self.assertRegex(self.page, rf'(?m)^\.(BI|BR|B) "?{" ".join(command)}("| |$)')
        for noun, prefix in ((), " "), (("pool",), "pool_"), (("volume",), "volume_"), (("pki",), "pki_"):
            offered = re.search(rf'{prefix}commands="([^"]*)"', self.completion).group(1).split()
            self.assertEqual(sorted(subcommands(*noun)), sorted(offered))

    def test_every_option_is_in_the_page_and_is_completed(self):
        for command in ((), *commands()):
            for option in options_in(help_of(*command)):
                self.assertIn(option, self.page, f"sluice {command} {option}")
                self.assertRegex(self.completion, rf"(?<![\w-]){option}(?![\w-])", f"sluice {command} {option}")

    def test_the_page_promises_no_other_options(self):
        known = set().union(*(options_in(help_of(*command)) for command in ((), *commands())))
        for option in set(re.findall(r"(?<![\w-])--[a-z][\w-]*", self.page)):
            self.assertIn(option, known)

    def test_every_exit_code_is_in_the_page(self):
        header = (ROOT / "src/cli/outcome.h").read_text()
        codes = re.findall(r"^  \w+ = (\d+),", header.split("enum class Exit")[1], re.M)
        self.assertEqual(8, len(codes))
        status = self.page.split(".SH EXIT STATUS")[1].split(".SH ")[0]
        self.assertEqual(codes, re.findall(r"^\.B (\d+)$", status, re.M))

    def test_the_page_is_well_formed(self):
        for page, holds in ((PAGE, "EXIT STATUS"), (PAGE.with_name("sluiced.8"), "LOGGING IN"),
                            (PAGE.with_name("sluiced.toml.5"), "SETTINGS")):
            done = subprocess.run(["man", "--warnings", "-l", "-Tutf8", page], capture_output=True, text=True, check=True,
                                  timeout=60, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "100"})
            self.assertEqual("", done.stderr, page)
            self.assertIn(holds, re.sub(".\x08", "", done.stdout))  # bold letters are struck twice

    def test_bash_accepts_the_completion(self):
        subprocess.run(["bash", "-n", COMPLETION], check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()
