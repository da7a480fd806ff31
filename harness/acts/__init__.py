"""What can be done to a copy of the application."""

from harness.acts.door import Act
from harness.acts.ending import crash, exit_0, hang, host_kill, kill, remove, stop

__all__ = ["Act", "crash", "exit_0", "hang", "host_kill", "kill", "remove", "stop"]
