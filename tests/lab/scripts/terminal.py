# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command as a user on a terminal of its own and types a password when asked: terminal.py USER PASSWORD COMMAND...
Prints what came on the terminal; its exit status is the command's."""

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
        # what is typed before the echo is off is thrown away with it
        deadline = time.monotonic() + 20
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < deadline:
            time.sleep(0.01)
        os.write(terminal, password.encode() + b"\n")
        typed = True
sys.stdout.write(seen.decode(errors="replace"))
sys.stdout.flush()
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
