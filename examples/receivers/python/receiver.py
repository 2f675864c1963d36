"""Takes deliveries of Formbus. WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY says how they are verified."""

import os
import sys
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Lock, Thread

from standardwebhooks import Webhook, WebhookVerificationError

from ed25519 import Ed25519Webhook

MOST_BYTES = 8 * 1024 * 1024
MOST_IDS = 100_000


class SeenIds:
    """In a real receiver: a table with a unique key, written together with the delivery."""

    def __init__(self) -> None:
        self._ids: "OrderedDict[str, None]" = OrderedDict()
        self._lock = Lock()

    def is_new(self, id: str) -> bool:
        """Whether the id comes for the first time. The oldest ids are forgotten first."""
        with self._lock:
            if id in self._ids:
                return False
            self._ids[id] = None
            if len(self._ids) > MOST_IDS:
                self._ids.popitem(last=False)
            return True


seen = SeenIds()
work: "Queue[tuple[str, dict]]" = Queue()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 15

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdigit():
            self.answer(411)
            return
        if int(length) > MOST_BYTES:
            self.answer(413)
            return
        # The body as it came: a signature is over its bytes, so it must not be parsed and written again before.
        body = self.rfile.read(int(length))
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.answer(401)
            return
        id = self.headers["webhook-id"]
        if seen.is_new(id):
            work.put((id, event))
        else:
            print(id, "came again", file=sys.stderr, flush=True)
        # Answer first, work after: Formbus waits 15 seconds and then sends the same once more.
        self.answer(204)

    def do_GET(self) -> None:
        self.answer(405)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        if status in (411, 413):
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Only what is handled is printed."""


def handle_all() -> None:
    """The work. Full deliveries hold the data of the event, thin ones only its ids."""
    while True:
        id, event = work.get()
        print(event["type"], id, flush=True)


def verifier():
    """Either has `verify(body, headers)`, which gives the parsed body, or raises."""
    try:
        if os.environ.get("WEBHOOK_SECRET"):
            return Webhook(os.environ["WEBHOOK_SECRET"])
        if os.environ.get("WEBHOOK_PUBLIC_KEY"):
            return Ed25519Webhook(os.environ["WEBHOOK_PUBLIC_KEY"])
    except (RuntimeError, ValueError) as error:
        sys.exit(f"WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY is not one: {error}")
    sys.exit("set WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY")


if __name__ == "__main__":
    webhook = verifier()
    Thread(target=handle_all, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
