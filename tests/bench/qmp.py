"""As much of QEMU's monitor language as the bare limit needs."""
import json
import socket
import time


class Monitor:
    def __init__(self, path):
        deadline = time.monotonic() + 30
        while True:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def until_migrated(self):
        while True:
            state = self.ask("query-migrate").get("status")
            if state == "completed":
                return
            if state in ("failed", "cancelled"):
                raise RuntimeError(f"migration {state}")
            time.sleep(0.005)

    def close(self):
        self.file.close()
        self.socket.close()
