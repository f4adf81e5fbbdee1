package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"door/internal/config"
)

const otherAddress = "203.0.113.9"

func TestAClientThatDoesNotReadKeepsNobodyFromACall(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) { c.Limits.Requests, c.Limits.RequestsPerAddress = 2, 2 }))
	long := strings.Repeat("a", 600_000)
	d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, event map[string]any) {
		if event["path"] == "/.well-known/x" {
			writeResult(w, `{"statusCode":200,"body":"`+long+`"}`)
			return
		}
		writeResult(w, `{"statusCode":200}`)
	})
	slow := d.client(t, otherAddress, true)
	slow.Transport.(*http.Transport).HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 65536, MaxReceiveBufferPerConnection: 65536}
	for range 2 {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/.well-known/x", nil)
		answer, err := slow.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		// The answer is longer than what the client takes, and is never read.
		defer answer.Body.Close()
	}
	if got := d.send(t, d.client(t, clientAddress, false), "POST", callbackPath, "x"); got.status != 200 {
		t.Errorf("another client got %d", got.status)
	}
}

func TestOneAddressHasAShareOfCallsAndMemory(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) {
		c.Limits.Requests, c.Limits.RequestsPerAddress, c.Limits.BodyBytes = 4, 1, 1000
		c.Rates.Callbacks, c.Rates.CallbackPath = 1e6, 1e6
		for i := range c.Rules {
			c.Rules[i].BodyBytes = 1000
		}
	}))
	t.Run("of bodies that do not come to their end", func(t *testing.T) {
		conn := d.secure(t, otherAddress)
		_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 1000\r\n\r\n"+strings.Repeat("a", 999))
		same := d.client(t, otherAddress, false)
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if got := d.send(t, same, "POST", callbackPath, "xx"); got.status == 503 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the address had more than its share of memory")
			}
		}
		if got := d.send(t, d.client(t, clientAddress, false), "POST", callbackPath, "xx"); got.status != 201 {
			t.Errorf("another address got %d", got.status)
		}
	})
	t.Run("of calls", func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			entered <- struct{}{}
			<-leave
			writeResult(w, `{"statusCode":200}`)
		})
		same, other := d.client(t, "203.0.113.10", true), d.client(t, clientAddress, true)
		replies := make(chan reply)
		go func() { replies <- d.send(t, same, "POST", callbackPath, "") }()
		<-entered
		refused(t, d, d.send(t, same, "POST", callbackPath, ""), "unavailable")
		go func() { replies <- d.send(t, other, "POST", callbackPath, "") }()
		<-entered
		close(leave)
		for range 2 {
			if got := <-replies; got.status != 200 {
				t.Errorf("got %d", got.status)
			}
		}
	})
}

func TestOneAddressHasAShareOfOpenRequests(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) {
		c.Limits.ConnectionsPerAddress, c.Rates.Callbacks, c.Rates.CallbackPath = 2, 1e6, 1e6
	}))
	client := d.client(t, otherAddress, true)
	// All requests have this one connection.
	d.send(t, client, "POST", callbackPath, "")
	statuses := make(chan int, 3)
	for range 3 {
		body, end := io.Pipe()
		defer end.Close()
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+callbackPath, body)
		go func() {
			if answer, err := client.Do(request); err == nil {
				_ = answer.Body.Close()
				statuses <- answer.StatusCode
			}
		}()
	}
	// Two bodies never come to their end. So the first answer is that of the request which had no place.
	select {
	case status := <-statuses:
		if status != 503 {
			t.Errorf("the third open request of an address got %d", status)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("an address has three open requests")
	}
	if got := d.send(t, d.client(t, clientAddress, true), "POST", callbackPath, ""); got.status != 201 {
		t.Errorf("another address got %d", got.status)
	}
}

func TestLongHeadersUseUpTheRate(t *testing.T) {
	for size, passed := range map[int]int{100: 30, 4096: 15, 3 * 4096: 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			d := startDoor(t, with(func(c *config.Config) { c.Rates.Callbacks, c.Rates.CallbackPath = 30, 1000 }))
			client := d.client(t, clientAddress, true)
			for i := range passed {
				if got := d.send(t, client, "POST", callbackPath, "", "X-Long", strings.Repeat("a", size)); got.status != 201 {
					t.Fatalf("request %d got %d", i+1, got.status)
				}
			}
			refused(t, d, d.send(t, client, "POST", callbackPath, "", "X-Long", strings.Repeat("a", size)), "tooMany")
		})
	}
}
