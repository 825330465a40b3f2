"""Passwords for tests: a daemon's file of them, and a client's.

    put_passwords(folder, "sluice", alice="secret")           # sluice.conf and its password file
    put_answers(folder / "auth.conf", "alice", "secret")      # for authfile= of a URI

As a program it puts both into a directory, for "alice" with the password "secret": sasl.py DIR APPLICATION
"""
import pathlib
import subprocess
import sys

USER, PASSWORD = "alice", "secret"


def put_passwords(folder, application, mechanisms=(), **users):
    folder = pathlib.Path(folder)
    passwords = folder / "passwords"
    lines = ["pwcheck_method: auxprop", "auxprop_plugin: sasldb", f"sasldb_path: {passwords}"]
    if mechanisms:
        lines.append(f"mech_list: {' '.join(mechanisms)}")
    (folder / f"{application}.conf").write_text("\n".join(lines) + "\n")
    for user, password in users.items():
        subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-a", "libvirt", "-f", passwords, user], input=password, text=True,
                       check=True)


def put_answers(path, user=USER, password=PASSWORD):
    path = pathlib.Path(path)
    path.touch(0o600)
    path.write_text(f"[credentials-test]\nauthname={user}\npassword={password}\n\n"
                    "[auth-libvirt-localhost]\ncredentials=test\n\n[auth-libvirt-127.0.0.1]\ncredentials=test\n")
    return path


if __name__ == "__main__":
    put_passwords(sys.argv[1], sys.argv[2], ("scram-sha-256",), **{USER: PASSWORD})
    put_answers(pathlib.Path(sys.argv[1]) / "auth.conf")
