package front

import (
	"io"
	"net/http"
	"time"

	"door/internal/http1"
)

// expectRest notes what the client may still send after the head, and how it is read.
func (x *exchange) expectRest(conn *http1.Conn, head http1.Head) {
	switch {
	case conn == nil:
		// HTTP/2 ends the stream without an error after the answer, and a client then stops sending (RFC 9113 §8.1).
	case head.Refusal != http1.Readable:
		// Where the request ends is unknown, so everything that comes belongs to it.
		x.unread = true
		x.discard = func(limit int64) {
			_ = conn.CloseWrite()
			conn.Discard(limit)
		}
	case x.r.Body != http.NoBody && x.r.ContentLength != 0:
		x.unread = true
		// A client that waits for 100 and gets a refusal does not send its body (RFC 9110 §10.1.1).
		if x.r.Header.Get("Expect") == "" {
			x.discard = x.discardBody
		}
	}
}

func (x *exchange) discardBody(limit int64) {
	_, _ = io.CopyN(io.Discard, x.r.Body, limit)
}

// sendEarly sends an answer before the end of the request. Many clients send a whole body before they read, and lose the answer if
// the connection ends before (RFC 9112 §9.6). discardRest then reads and drops what comes.
func (x *exchange) sendEarly(sent *answer) {
	control := http.NewResponseController(x.w)
	// Without this net/http reads a part of the body before it answers, without a limit in time.
	_ = control.EnableFullDuplex()
	_ = control.SetReadDeadline(time.Now().Add(seconds(x.front.Config.Limits.DiscardSeconds)))
	// No request may follow bytes that are perhaps not read to their end.
	x.w.Header().Set("Connection", "close")
	x.send(sent)
}

// discardRest sends the refusal, and reads and drops what the client still sends of its request, up to the limits.
func (x *exchange) discardRest() {
	if x.unread && http.NewResponseController(x.w).Flush() == nil && x.discard != nil {
		x.discard(x.front.Config.Limits.DiscardBytes)
	}
}
