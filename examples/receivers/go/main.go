// Takes deliveries of Formbus. WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY says how they are verified.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const mostBytes = 8 << 20

// Verifier returns an error unless the headers hold a right signature of the body.
type Verifier interface {
	Verify(body []byte, headers http.Header) error
}

// Delivery is what every body has. Full deliveries hold the data of the event, thin ones only its ids.
type Delivery struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
	id   string
}

func main() {
	webhook, err := newVerifier(os.Getenv("WEBHOOK_SECRET"), os.Getenv("WEBHOOK_PUBLIC_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	work := make(chan Delivery, 1000)
	go handleAll(work)
	server := &http.Server{Handler: receiver(webhook, newSeenIDs(), work), ReadTimeout: 15 * time.Second}
	fmt.Printf("listening on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}

// An empty secret must not get as far as the library, which would take it.
func newVerifier(secret, publicKey string) (Verifier, error) {
	switch {
	case secret != "":
		return standardwebhooks.NewWebhook(secret)
	case publicKey != "":
		return newEd25519Webhook(publicKey)
	default:
		return nil, errors.New("set WEBHOOK_SECRET or WEBHOOK_PUBLIC_KEY")
	}
}

func receiver(webhook Verifier, seen *seenIDs, work chan<- Delivery) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost {
			response.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		// The body as it came: a signature is over its bytes, so it must not be parsed and written again before.
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, mostBytes))
		if err != nil {
			response.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if err := webhook.Verify(body, request.Header); err != nil {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		delivery := Delivery{id: request.Header.Get(standardwebhooks.HeaderWebhookID)}
		if err := json.Unmarshal(body, &delivery); err != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		// Answer first, work after: Formbus waits 15 seconds and then sends the same once more.
		if seen.isNew(delivery.id) {
			work <- delivery
		} else {
			fmt.Fprintln(os.Stderr, delivery.id, "came again")
		}
		response.WriteHeader(http.StatusNoContent)
	})
}

// The work.
func handleAll(work <-chan Delivery) {
	for delivery := range work {
		fmt.Println(delivery.Type, delivery.id)
	}
}
