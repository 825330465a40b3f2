"""What is played to record it: each scene is a name and what unmodified clients do."""
import os
import pty
import subprocess
import time

DOMAIN = """<domain type='qemu'>
  <name>web1</name>
  <uuid>6f0a4b3c-1d2e-4f50-8a9b-0c1d2e3f4a5b</uuid>
  <title>The first web server</title>
  <description>Serves pages.</description>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><bios useserial='yes'/></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
    <console type='pty'/>
    <graphics type='vnc' port='-1' listen='127.0.0.1'/>
    <video><model type='vga'/></video>
  </devices>
</domain>
"""
OTHER = DOMAIN.replace("web1", "web2").replace("6f0a4b3c", "6f0a4b3d")


class Stage:
    """Where the scenes play: a daemon behind a recorder, and a directory of files."""

    def __init__(self, socket, folder):
        self.uri = f"qemu+unix:///system?socket={socket}"
        self.folder = folder
        self.environment = {**os.environ, "LC_ALL": "C", "VIRSH_DEFAULT_CONNECT_URI": ""}

    def path(self, name):
        return os.path.join(self.folder, name)

    def virsh(self, *words, fails=False, readonly=False):
        line = ["virsh", *(["-r"] if readonly else []), "-c", self.uri, *words]
        done = subprocess.run(line, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120, check=False)
        if (done.returncode != 0) != fails:
            raise RuntimeError(f"{' '.join(line)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def python(self, text):
        subprocess.run(["/usr/bin/python3", "-c", f"import libvirt\nc = libvirt.open('{self.uri}')\n{text}"],
                       env=self.environment, check=True, timeout=120, stderr=subprocess.DEVNULL)

    def console(self, domain):
        """Types a few keys into the console and leaves with Ctrl-]."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("virsh", ["virsh", "-c", self.uri, "console", domain], self.environment)
        time.sleep(2)
        os.write(terminal, b"hello\r")
        time.sleep(1)
        os.write(terminal, b"\x1d")
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass
        os.waitpid(pid, 0)


def empty(stage):
    stage.virsh("list", "--all")
    stage.virsh("list", "--all", readonly=True)
    stage.virsh("version", "--daemon")
    stage.virsh("maxvcpus")
    stage.virsh("dominfo", "absent", fails=True)
    stage.virsh("domid", "17", fails=True)


def life(stage):
    for name in ("web1", "web2"):
        with open(stage.path(f"{name}.img"), "wb") as disk:
            disk.truncate(1 << 20)
    for name, xml in (("web1", DOMAIN), ("web2", OTHER)):
        with open(stage.path(f"{name}.xml"), "w") as file:
            file.write(xml.format(disk=stage.path(f"{name}.img")))
        stage.virsh("define", stage.path(f"{name}.xml"))
    with open(stage.path("bad.xml"), "w") as file:
        file.write("<domain type='qemu'><name>bad</name></domain")
    stage.virsh("define", stage.path("bad.xml"), fails=True)
    stage.virsh("list", "--all", "--title")
    stage.virsh("dumpxml", "web1")
    stage.virsh("dominfo", "web1")
    stage.virsh("start", "web1")
    stage.virsh("start", "web1", fails=True)
    stage.virsh("start", "web2", "--paused")
    stage.virsh("list", "--all")
    stage.virsh("list", "--uuid", "--all")


def questions(stage):
    for words in (("dominfo",), ("domstate", "--reason"), ("dumpxml", "--inactive"), ("dumpxml", "--security-info"),
                  ("domid",), ("domuuid",), ("domjobinfo",), ("vcpuinfo",), ("vcpucount",), ("dommemstat",),
                  ("domblklist",), ("domiflist",), ("ttyconsole",), ("vncdisplay",), ("domcontrol",), ("domstats",),
                  ("desc",), ("autostart",), ("autostart", "--disable")):
        stage.virsh(words[0], "web1", *words[1:])
    stage.virsh("domblkstat", "web1", "vda")
    stage.virsh("domjobabort", "web1", fails=True)
    stage.virsh("snapshot-list", "web1")
    stage.virsh("send-key", "web1", "KEY_ENTER")
    stage.virsh("net-list", "--all")
    stage.virsh("pool-list", "--all")
    stage.virsh("secret-list")


def control(stage):
    for verb in ("suspend", "resume", "reset", "reboot", "shutdown"):
        stage.virsh(verb, "web1")
    stage.virsh("shutdown", "web1", "--mode", "acpi")
    stage.virsh("resume", "web2")
    stage.virsh("resume", "web2", fails=True)


def console(stage):
    stage.console("web1")


def screenshot(stage):
    stage.virsh("screenshot", "web1", stage.path("screen.png"))


def save(stage):
    stage.virsh("save", "web1", stage.path("web1.save"))
    stage.virsh("save-image-dumpxml", stage.path("web1.save"))
    stage.virsh("restore", stage.path("web1.save"))
    stage.virsh("save", "web1", stage.path("web1.save"), "--running", "--verbose")
    stage.virsh("restore", stage.path("web1.save"), "--paused")
    stage.virsh("restore", stage.path("absent.save"), fails=True)
    stage.virsh("managedsave", "web2")
    stage.virsh("list", "--all", "--managed-save")
    stage.virsh("managedsave-remove", "web2")


def events(stage):
    watch = subprocess.Popen(["virsh", "-c", stage.uri, "event", "--event", "lifecycle", "--loop", "--timeout", "12"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=stage.environment)
    time.sleep(1)
    stage.virsh("start", "web2")
    stage.virsh("suspend", "web2")
    stage.virsh("resume", "web2")
    stage.virsh("destroy", "web2")
    watch.wait(60)
    stage.virsh("event", "--all", "--timeout", "1", fails=True)


def volumes(stage):
    os.makedirs(stage.path("pool"), exist_ok=True)
    stage.virsh("pool-define-as", "images", "dir", "--target", stage.path("pool"))
    stage.virsh("pool-start", "images")
    stage.virsh("pool-list", "--all", "--details")
    stage.virsh("vol-create-as", "images", "disk1", "400000")
    stage.virsh("vol-list", "images", "--details")
    stage.virsh("vol-info", "disk1", "--pool", "images")
    stage.virsh("vol-dumpxml", "disk1", "--pool", "images")
    with open(stage.path("upload"), "wb") as file:
        file.write(bytes((i * 7 + i // 251) & 255 for i in range(270_000)))
    stage.virsh("vol-upload", "disk1", stage.path("upload"), "--pool", "images")
    stage.virsh("vol-download", "disk1", stage.path("download"), "--pool", "images", "--offset", "1000", "--length", "3000")
    with open(stage.path("sparse"), "wb") as file:
        file.truncate(300_000)
        file.seek(65536)
        file.write(b"data between two holes" * 100)
    stage.virsh("vol-upload", "disk1", stage.path("sparse"), "--pool", "images", "--sparse")
    stage.virsh("vol-download", "disk1", stage.path("download"), "--pool", "images", "--sparse")
    with open(stage.path("upload"), "wb") as file:
        file.write(bytes(5000))
    stage.virsh("vol-upload", "disk1", stage.path("upload"), "--pool", "images", "--length", "1000", fails=True)
    stage.virsh("vol-upload", "absent", stage.path("upload"), "--pool", "images", fails=True)


def aborts(stage):
    stage.python("""
v = c.storagePoolLookupByName('images').storageVolLookupByName('disk1')
s = c.newStream(0)
v.upload(s, 0, 0, 0)
s.send(b'x' * 1000)
s.abort()
s = c.newStream(0)
v.download(s, 0, 20000, 0)
s.recv(1000)
s.abort()
d = c.lookupByName('web1')
s = c.newStream(0)
d.openConsole(None, s, 0)
s.abort()
try:
    s = c.newStream(0)
    v.upload(s, 0, 0, 0x80)
except libvirt.libvirtError:
    pass
c.getLibVersion()
c.close()""")


def older(stage):
    """Calls of the first years, which bindings and old clients still make."""
    stage.virsh("define", stage.path("web1.xml"), "--validate")
    stage.virsh("create", stage.path("web2.xml"))
    stage.virsh("destroy", "web2", "--graceful")
    stage.python("""
for ask in (c.getURI, c.isSecure, c.numOfDomains, c.listDomainsID, c.numOfDefinedDomains, c.listDefinedDomains,
            c.getFreeMemory, c.getInfo, c.getHostname, c.listAllNWFilters):
    ask()
for ask in (c.getSysinfo, c.listAllInterfaces):
    try:
        ask()
    except libvirt.libvirtError:
        pass
c.getMaxVcpus('qemu')
d = c.lookupByID(c.listDomainsID()[0])
d.maxMemory()
d.maxVcpus()
d.isUpdated()
d.UUIDString()
c.close()""")
    stage.virsh("reboot", "web1")
    stage.virsh("nodedev-list", "--cap", "system")


def end(stage):
    stage.python("c.defineXML(open('" + stage.path("web2.xml") + "').read()).undefine()\nc.close()")
    stage.virsh("define", stage.path("web2.xml"))
    stage.virsh("destroy", "web1")
    stage.virsh("destroy", "web1", fails=True)
    stage.virsh("undefine", "web1")
    stage.virsh("undefine", "web2")
    stage.virsh("list", "--all")


SCENES = [empty, life, questions, control, console, screenshot, save, events, volumes, aborts, older, end]
