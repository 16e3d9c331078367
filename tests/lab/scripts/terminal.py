# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command as a user on a terminal of its own: terminal.py USER PASSWORD COMMAND...

Types the password when the command asks for it, prints the terminal's output, and exits with the
status of the command."""

import os
import pty
import pwd
import select
import sys
import termios
import time

user, password, command = pwd.getpwnam(sys.argv[1]), sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.execvp(command[0], command)
seen = b""
typed = False
while select.select([terminal], [], [], 60)[0]:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    seen += data
    if not typed and b"assword:" in seen:
        # input before the echo is off would be discarded
        deadline = time.monotonic() + 20
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < deadline:
            time.sleep(0.01)
        os.write(terminal, password.encode() + b"\n")
        typed = True
sys.stdout.write(seen.decode(errors="replace"))
sys.stdout.flush()
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
