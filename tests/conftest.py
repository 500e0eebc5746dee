"""For all tests: what hangs after the last of them says where, and ends (pyproject.toml sees to the tests themselves)."""

import faulthandler

SECONDS_TO_END = 300  # for processes and threads that tests have left to Python's end


def pytest_unconfigure():
    faulthandler.dump_traceback_later(SECONDS_TO_END, exit=True)
