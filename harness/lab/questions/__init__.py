"""Questions of more than one lab, one file each. A lab may define its own beside its judges."""

from harness.lab.questions.answers import Answers
from harness.lab.questions.ends import Ends
from harness.lab.questions.found import Found, Read
from harness.lab.questions.gone import Gone
from harness.lab.questions.in_order import InOrder, Order
from harness.lab.questions.kept import Kept
from harness.lab.questions.left_out import LeftOut
from harness.lab.questions.lost import Losses, Lost
from harness.lab.questions.number import Counts, Number, Numbers
from harness.lab.questions.outage import Outage
from harness.lab.questions.renewed import Renewal, Renewed
from harness.lab.questions.restored import InPlace, Restored
from harness.lab.questions.shared import Shared, Sharing

__all__ = [
    "Answers", "Counts", "Ends", "Found", "Gone", "InOrder", "InPlace", "Kept", "LeftOut", "Losses", "Lost",
    "Number", "Numbers", "Order", "Outage", "Read", "Renewal", "Renewed", "Restored", "Shared", "Sharing",
]  # fmt: skip
