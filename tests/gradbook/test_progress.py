"""Who looks at the terminal sees what runs, how much is done and how long the rest will take; a log is spared that."""

import os
import pty
import subprocess
import sys
import termios

COMMAND = [
    sys.executable,
    "-c",
    "import time; from gradbook import sweep\n"
    "def one(k): time.sleep(0.3); return k\n"
    "print(list(sweep.watched(one, range(6), 1, 'measuring', 'generator')))",
]


def test_a_terminal_shows_what_runs_what_is_left_and_for_how_long():
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 100))
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    shown = b""
    while True:
        try:
            shown += (piece := os.read(terminal, 4096))
        except OSError:  # Linux' way to say that nobody writes any more
            break
        if not piece:
            break
    os.close(terminal)
    assert process.communicate()[0] == "[0, 1, 2, 3, 4, 5]\n"
    text = shown.decode()
    assert "measuring:  50%" in text
    assert "3/6 [00:0" in text
    assert "<00:0" in text, "the time left"


def test_a_log_is_spared_the_bar():
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=True)
    assert done.stderr == ""
