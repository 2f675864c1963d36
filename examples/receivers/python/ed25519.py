"""Verifies `v1a` signatures with the package `cryptography`, since the library knows `v1` alone."""

import base64
import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import WebhookVerificationError

TOLERANCE_SECONDS = 300


class Ed25519Webhook:
    def __init__(self, text: str) -> None:
        """`text` is `whpk_...`."""
        prefix = "whpk_"
        if not text.startswith(prefix):
            raise ValueError("a public key begins with whpk_")
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text[len(prefix) :], validate=True))

    def verify(self, body: bytes, headers: dict) -> dict:
        """The parsed body. Raises WebhookVerificationError, or ValueError for a malformed header."""
        headers = {name.lower(): value for name, value in headers.items()}
        timestamp = headers.get("webhook-timestamp", "")
        if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
            raise WebhookVerificationError("the timestamp is too far away")
        signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
        for versioned in headers.get("webhook-signature", "").split(" "):
            version, _, signature = versioned.partition(",")
            if version == "v1a" and self._is_right(signature, signed):
                return json.loads(body)
        raise WebhookVerificationError("no signature is right")

    def _is_right(self, signature: str, signed: bytes) -> bool:
        try:
            self._key.verify(base64.b64decode(signature), signed)
            return True
        except InvalidSignature:
            return False
