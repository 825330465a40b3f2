"""The guest of every way: as much memory, filled with random data, counting into a log."""
import os
import re
import time


class Guest:
    def __init__(self, name, folder, files, mib, fill):
        self.name, self.mib = name, mib
        self.kernel, self.initrd = os.path.join(files, "vmlinuz"), os.path.join(files, "initramfs")
        self.command_line = f"console=ttyS0 quiet fill={fill}"
        self.log = os.path.join(folder, f"{name}.log")
        open(self.log, "w").close()
        os.chmod(self.log, 0o666)

    def xml(self):
        return f"""<domain type='qemu'>
  <name>{self.name}</name>
  <memory unit='MiB'>{self.mib}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{self.kernel}</kernel><initrd>{self.initrd}</initrd><cmdline>{self.command_line}</cmdline>
  </os>
  <devices>
    <serial type='pty'><log file='{self.log}' append='on'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
"""

    def numbers(self):
        with open(self.log, errors="replace") as file:
            return [int(number) for number in re.findall(r"^count (\d+)\r?$", file.read(), re.M)]

    def until_counting_beyond(self, number, limit=180):
        deadline = time.monotonic() + limit
        while not (numbers := self.numbers()) or numbers[-1] <= number:
            if time.monotonic() > deadline:
                raise RuntimeError(f"guest {self.name} does not count beyond {number}")
            time.sleep(0.05)

    def last(self):
        numbers = self.numbers()
        return numbers[-1] if numbers else 0

    def check_unbroken(self):
        numbers = self.numbers()
        if numbers != list(range(1, len(numbers) + 1)):
            raise RuntimeError(f"guest {self.name}: the count has a gap")
