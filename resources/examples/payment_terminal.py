"""The outside world of `orders.json`: payments that take a moment and cannot be undone.

    python3 payment_terminal.py FILE ORDER

The payment is a line in FILE, and made at once; the receipt takes half a second.
"""

import sys
import time
from pathlib import Path

file, order = sys.argv[1:]
with Path(file).open("a", encoding="utf-8") as payments:
    payments.write(f"paid {order}\n")
time.sleep(0.5)
print(f"receipt for {order}")
