package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const toleranceSeconds = 300

// ed25519Webhook verifies `v1a` signatures with Go's own Ed25519, since the library knows `v1` alone.
type ed25519Webhook struct {
	key ed25519.PublicKey
}

// newEd25519Webhook takes a public key as `whpk_...`.
func newEd25519Webhook(text string) (*ed25519Webhook, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whpk_"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("WEBHOOK_PUBLIC_KEY is whpk_ and 32 bytes in base64")
	}
	return &ed25519Webhook{key}, nil
}

func (webhook *ed25519Webhook) Verify(body []byte, headers http.Header) error {
	timestamp := headers.Get(standardwebhooks.HeaderWebhookTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return err
	}
	if away := time.Now().Unix() - seconds; away > toleranceSeconds || away < -toleranceSeconds {
		return errors.New("the timestamp is too far away")
	}
	signed := append([]byte(headers.Get(standardwebhooks.HeaderWebhookID)+"."+timestamp+"."), body...)
	for _, versioned := range strings.Split(headers.Get(standardwebhooks.HeaderWebhookSignature), " ") {
		version, encoded, _ := strings.Cut(versioned, ",")
		signature, err := base64.StdEncoding.DecodeString(encoded)
		if version == "v1a" && err == nil && ed25519.Verify(webhook.key, signed, signature) {
			return nil
		}
	}
	return errors.New("no signature is right")
}
