"""The world of the day's work: a mailbox, a web form, and who takes mail; none is the robot's."""

import imaplib
import io
import ssl
import threading
from collections import Counter
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from openpyxl import Workbook
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from tests.mail_servers import PASSWORD, USER, ImapServer, certificate, smtp_server

FIELDS = ("number", "customer", "article", "amount")
SUBJECT = "Orders"
BOSS = "boss@example.com"
FORM = b"""<!doctype html><title>New order</title><form id=order method=post action=/orders>
<label>Number <input id=number name=number></label>
<label>Customer <input id=customer name=customer></label>
<label>Article <select id=article name=article><option>Bolt<option>Nut<option>Washer</select>
</label>
<label>Amount <input id=amount name=amount type=number></label>
<button>Enter</button></form>"""


HOLD = 300
"""Seconds that an answer is held back at most."""


class World:
    """Everything the robot works on, and what became of it.

    The order ``held`` gets no answer until ``released`` is set: who enters it is in the
    middle of that.

    Args:
        folder: For certificates.
        rows: Orders in the spreadsheet.
    """

    def __init__(self, folder, rows):
        self.orders = [
            (number, f"Customer {number}", ("Bolt", "Nut", "Washer")[number % 3], number * 2)
            for number in range(1, rows + 1)
        ]
        self.entered = []
        self.held = 0
        self.released = threading.Event()
        cert, key = certificate(folder)
        self.cert = cert
        self._imap = ImapServer(cert, key)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(cert, key)
        self._taking = smtp_server(tls=tls)
        self._smtp = self._taking.__enter__()
        self._site = ThreadingHTTPServer(("127.0.0.1", 0), _pages(self))
        self._site.handle_error = lambda *_: None
        self._thread = threading.Thread(target=self._site.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        """Stop it all."""
        self.released.set()
        self._site.shutdown()
        self._thread.join()
        self._site.server_close()
        self._taking.__exit__(None, None, None)
        self._imap.stop()

    def variables(self, folder):
        """What the workflow is told of this world."""
        return {
            "imap_server": "localhost",
            "imap_port": self._imap.port,
            "smtp_server": "localhost",
            "smtp_port": self._smtp.port,
            "mail_user": USER,
            "mail_from": "robot@example.com",
            "site": f"http://127.0.0.1:{self._site.server_port}",
            "report_to": BOSS,
            "cells": f"A2:D{len(self.orders) + 1}",
            "folder": str(folder),
        }

    def begin(self):
        """A new day: nothing is entered or told yet, and the orders are in the mailbox."""
        self.entered.clear()
        self.released.clear()
        self._smtp.received.clear()
        with self._mailbox() as box:
            for folder in ("Archive", "INBOX"):
                if box.select(folder)[1] != [b"0"]:
                    box.store("1:*", "+FLAGS", "\\Deleted")
                    box.expunge()
            box.append("INBOX", None, None, self._letter())

    def times(self):
        """How often each order was entered, by its number."""
        return Counter(int(order["number"]) for order in self.entered)

    def reports(self):
        """The mails that were taken."""
        return list(self._smtp.received)

    def mails_in(self, folder):
        """How many emails are in a folder of the mailbox."""
        with self._mailbox() as box:
            box.select(folder, readonly=True)
            return len(box.search(None, "ALL")[1][0].split())

    def happened(self, node_id, turn):
        """Whether what a step does has happened, and whole."""
        if node_id == "fill":
            return self.times()[turn + 1] > 0
        if node_id == "report":
            return bool(self.reports())
        if node_id == "file":
            return self.mails_in("Archive") == 1 and self.mails_in("INBOX") == 0
        raise ValueError(f"nobody needs to be asked about {node_id}")

    def receipt(self):
        """What is entered, on one page."""
        return _pdf([f"{len(self.entered)} orders entered", *(o["number"] for o in self.entered)])

    def _mailbox(self):
        box = imaplib.IMAP4("127.0.0.1", self._imap.plain_port)
        box.login(USER, PASSWORD)
        return box

    def _letter(self):
        book, file = Workbook(), io.BytesIO()
        book.active.append(FIELDS)
        for order in self.orders:
            book.active.append(order)
        book.save(file)
        letter = EmailMessage()
        letter["Subject"], letter["From"], letter["To"] = SUBJECT, "shop@example.com", USER
        letter.set_content("Please enter these.")
        letter.add_attachment(
            file.getvalue(), maintype="application", subtype="octet-stream", filename="orders.xlsx"
        )
        return letter.as_bytes()


def text_of(pdf):
    """What a PDF says."""
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def _pdf(lines):
    writer = PdfWriter()
    page = writer.add_blank_page(300, 20 + 12 * len(lines))
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Courier"}
    font = DictionaryObject({NameObject(key): NameObject(name) for key, name in names.items()})
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    shown = "".join(
        f"BT /F1 10 Tf 1 0 0 1 10 {12 * (len(lines) - place)} Tm ({line}) Tj ET\n"
        for place, line in enumerate(lines)
    )
    content.set_data(shown.encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _pages(world):
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/receipt.pdf":
                self._answer("application/pdf", world.receipt())
            else:
                self._answer("text/html", FORM)

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its sender died in the middle of it
            order = {key: one for key, (one,) in parse_qs(body.decode()).items()}
            world.entered.append(order)
            if order["number"] == str(world.held):
                world.released.wait(HOLD)
            self._answer("text/html", b"<!doctype html><title>Entered</title><p>Thank you")

        def _answer(self, kind, body):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep the output clean."""

    return Pages
