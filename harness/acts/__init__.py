"""What can be done to a copy of the application."""

from harness.acts.door import Act
from harness.acts.ending import crash, exit_0, host_kill, kill, remove, stop
from harness.acts.lasting import hang, nothing, unready

__all__ = ["Act", "crash", "exit_0", "hang", "host_kill", "kill", "nothing", "remove", "stop", "unready"]
