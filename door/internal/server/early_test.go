package server_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"door/internal/config"
)

// A client that sends its whole body before it reads anything gets the answer to it.
func TestAClientThatSendsFirstGetsItsRefusal(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) { c.Rates.Handshake = 1 }))
	d.send(t, d.client(t, clientAddress, false), "POST", "/v1/handshake", "{}")
	const size = 2 << 20
	body := strings.Repeat("a", size)
	for _, test := range []struct{ name, path, host, answer string }{
		{"a body above the limit", callbackPath, host, "tooLarge"},
		{"no token", "/v1/tasks", host, "unauthorized"},
		{"a rate", "/v1/handshake", host, "tooMany"},
		{"no route", "/none", host, "notFound"},
		{"another host", callbackPath, "other.example.com", "notFound"},
		{"a long line", "/c/" + strings.Repeat("a", 16384), host, "tooLong"},
		{"two hosts", callbackPath, host + "\r\nHost: " + host, "unreadable"},
	} {
		for form, framed := range map[string]string{
			"a length":                fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, body),
			"a length and an end":     fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n\r\n%s", size, body),
			"chunks":                  fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, body),
			"a length and no waiting": fmt.Sprintf("Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", size),
		} {
			t.Run(test.name+" with "+form, func(t *testing.T) {
				conn := d.secure(t, clientAddress)
				text := "POST " + test.path + " HTTP/1.1\r\nHost: " + test.host + "\r\n" + framed
				if _, err := io.WriteString(conn, text); err != nil {
					t.Fatalf("sending ended with %v", err)
				}
				got := readReply(t, bufio.NewReader(conn))
				refused(t, d, got, test.answer)
				if !got.closes {
					t.Error("the connection may be used again; expected its end")
				}
			})
		}
		if strings.Contains(test.host, "\r\n") {
			continue
		}
		t.Run(test.name+" with HTTP/2", func(t *testing.T) {
			client := d.client(t, clientAddress, true)
			dials := d.dials.Load()
			for range 3 {
				refused(t, d, d.send(t, client, "POST", test.path, body, "Host", test.host), test.answer)
			}
			if opened := d.dials.Load() - dials; opened != 1 {
				t.Errorf("the client opened %d connections; expected that it keeps one", opened)
			}
		})
	}
	if calls := d.lambda.calls.Load(); calls != 1 {
		t.Errorf("functions were called %d times", calls)
	}
}

func TestARefusedBodyIsReadUpToItsLimits(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) { c.Limits.DiscardBytes, c.Limits.DiscardSeconds = 4<<20, 1 }))
	head := "POST " + callbackPath + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1073741824\r\n\r\n"
	// ends reads until the door ends the connection.
	ends := func(t *testing.T, reader *bufio.Reader) {
		t.Helper()
		if rest, err := io.ReadAll(reader); len(rest) > 0 {
			t.Errorf("there are %d more bytes, %v", len(rest), err)
		}
	}
	t.Run("bytes", func(t *testing.T) {
		conn := d.secure(t, clientAddress)
		chunk := strings.Repeat("a", 64<<10)
		sent := 0
		go func() {
			_, _ = io.WriteString(conn, head)
		}()
		reader := bufio.NewReader(conn)
		refused(t, d, readReply(t, reader), "tooLarge")
		for ; sent < 1<<30; sent += len(chunk) {
			if _, err := io.WriteString(conn, chunk); err != nil {
				break
			}
		}
		if sent < 4<<20 || sent >= 1<<30 {
			t.Errorf("the door took %d bytes", sent)
		}
	})
	t.Run("time", func(t *testing.T) {
		conn := d.secure(t, clientAddress)
		_, _ = io.WriteString(conn, head)
		reader := bufio.NewReader(conn)
		started := time.Now()
		refused(t, d, readReply(t, reader), "tooLarge")
		ends(t, reader)
		if waited := time.Since(started); waited < time.Second {
			t.Errorf("the connection ended after %v", waited)
		}
	})
	t.Run("no request follows", func(t *testing.T) {
		conn := d.secure(t, clientAddress)
		hidden := "GET /.well-known/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
		_, _ = io.WriteString(conn, "POST /v1/tasks HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 100\r\n\r\n"+hidden)
		reader := bufio.NewReader(conn)
		refused(t, d, readReply(t, reader), "unauthorized")
		ends(t, reader)
		if calls := d.lambda.calls.Load(); calls != 0 {
			t.Errorf("functions were called %d times", calls)
		}
	})
}
