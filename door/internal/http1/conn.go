// Package http1 reads the heads of HTTP/1 requests more strictly than net/http, before net/http sees them.
//
// A connection is a filter between TLS and net/http. It parses each head, refuses every form that two parsers could read
// differently (RFC 9112 §11.2), and gives net/http a head of its own with nothing but the framing. The handler gets the
// head as the client sent it from Next.
package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Refusal is the reason why a head is not readable.
type Refusal int

// Reasons in the order in which they are checked.
const (
	Readable Refusal = iota
	Unreadable
	LineTooLong
	HeadersTooLarge
)

// Head is the head of a request as the client sent it.
type Head struct {
	Refusal Refusal
	Method  string
	Target  string
	Proto   string
	// Headers are pairs of a lower-case name and a value, in the order of their lines.
	Headers [][2]string
}

// Limits of a head.
type Limits struct {
	LineBytes   int
	HeaderBytes int
	// Time from the first byte of a head to its end.
	HeadTime time.Duration
}

// Conn filters one connection. net/http reads from one goroutine at a time.
type Conn struct {
	net.Conn
	limits Limits

	// Bytes that came and are not yet filtered, and how many of them have been looked at.
	raw     []byte
	scanned int
	// Bytes for net/http.
	out []byte
	// Bytes of the body that are still to come. -1: everything that comes is body.
	body int64
	// No byte may come any more.
	ended bool

	mutex sync.Mutex
	heads []Head
	// The deadline that net/http wants, and that of the head that is being read. The earlier one holds.
	wanted   time.Time
	headEnds time.Time
}

// NewConn filters a connection.
func NewConn(conn net.Conn, limits Limits) *Conn {
	return &Conn{Conn: conn, limits: limits}
}

// Next returns the head of the next request that net/http hands to its handler.
func (c *Conn) Next() (Head, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.heads) == 0 {
		return Head{}, false
	}
	head := c.heads[0]
	c.heads = c.heads[1:]
	return head, true
}

// SetReadDeadline keeps the earlier deadline of net/http's and of the current head's.
func (c *Conn) SetReadDeadline(deadline time.Time) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.wanted = deadline
	return c.applyDeadline()
}

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(deadline time.Time) error {
	return errors.Join(c.SetReadDeadline(deadline), c.SetWriteDeadline(deadline))
}

func (c *Conn) applyDeadline() error {
	deadline := c.wanted
	if !c.headEnds.IsZero() && (deadline.IsZero() || c.headEnds.Before(deadline)) {
		deadline = c.headEnds
	}
	return c.Conn.SetReadDeadline(deadline)
}

// startHead starts the time of a head, unless it runs already.
func (c *Conn) startHead() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.headEnds.IsZero() {
		c.headEnds = time.Now().Add(c.limits.HeadTime)
		_ = c.applyDeadline()
	}
}

// CloseWrite tells the client that no more comes. net/http calls it before it closes a connection with unread bytes.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Discard reads and drops at most limit bytes of what the client sends after a head that was refused.
func (c *Conn) Discard(limit int64) {
	_, _ = io.CopyN(io.Discard, c.Conn, limit)
}

// Read gives net/http a head of ours for each head, and bodies as they come.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		switch {
		case len(c.out) > 0:
			n := copy(p, c.out)
			c.out = c.out[n:]
			return n, nil
		case c.ended:
			return 0, io.EOF
		case c.body != 0:
			return c.readBody(p)
		}
		if c.readHead() {
			continue
		}
		if len(c.raw) > 0 {
			c.startHead()
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

func (c *Conn) readBody(p []byte) (int, error) {
	if c.body > 0 && int64(len(p)) > c.body {
		p = p[:c.body]
	}
	n := copy(p, c.raw)
	c.raw = c.raw[n:]
	var err error
	if n == 0 {
		c.raw = nil
		n, err = c.Conn.Read(p)
	}
	if c.body > 0 {
		c.body -= int64(n)
	}
	return n, err
}

func (c *Conn) fill() error {
	var chunk [4096]byte
	n, err := c.Conn.Read(chunk[:])
	c.raw = append(c.raw, chunk[:n]...)
	if n > 0 {
		return nil
	}
	return err
}

// readHead looks at the bytes that came. It returns true if there is something for net/http.
func (c *Conn) readHead() bool {
	// One empty line before a request is ignored (RFC 9112 §2.2).
	if string(c.raw) == "\r" {
		return false
	}
	if c.scanned == 0 && bytes.HasPrefix(c.raw, []byte("\r\n")) {
		c.raw = c.raw[2:]
		if bytes.HasPrefix(c.raw, []byte("\r\n")) {
			c.refuse(Unreadable)
			return true
		}
	}
	for ; c.scanned < len(c.raw); c.scanned++ {
		switch i := c.scanned; c.raw[i] {
		case 0:
			c.refuse(Unreadable)
			return true
		case '\n':
			if i == 0 || c.raw[i-1] != '\r' {
				c.refuse(Unreadable)
				return true
			}
			if i >= 3 && c.raw[i-2] == '\n' {
				head := c.raw[:i+1]
				c.raw = c.raw[i+1:]
				c.scanned = 0
				c.accept(head)
				return true
			}
		default:
			if i > 0 && c.raw[i-1] == '\r' {
				c.refuse(Unreadable)
				return true
			}
		}
		if c.scanned > c.maxHead() {
			c.refuse(c.tooLong())
			return true
		}
	}
	return false
}

// The longest method and version of a request line, and the empty line at the end.
const lineRest = 64

func (c *Conn) maxHead() int { return c.limits.LineBytes + c.limits.HeaderBytes + lineRest }

func (c *Conn) tooLong() Refusal {
	if end := bytes.IndexByte(c.raw, '\n'); end < 0 || end > c.limits.LineBytes+lineRest {
		return LineTooLong
	}
	return HeadersTooLarge
}

// refuse ends the connection: where the next request begins is unknown.
func (c *Conn) refuse(reason Refusal) {
	c.ended = true
	c.raw = nil
	c.push(Head{Refusal: reason}, "GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
}

func (c *Conn) push(head Head, text string) {
	c.out = []byte(text)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.heads = append(c.heads, head)
	c.headEnds = time.Time{}
	_ = c.applyDeadline()
}

func (c *Conn) accept(text []byte) {
	head, framing, refusal := parse(text, c.limits)
	if refusal != Readable {
		c.refuse(refusal)
		return
	}
	var own strings.Builder
	own.WriteString(framing.method)
	own.WriteString(" / ")
	own.WriteString(head.Proto)
	own.WriteString("\r\nHost: d\r\n")
	closes := framing.closes
	switch {
	case framing.chunked:
		own.WriteString("Transfer-Encoding: chunked\r\n")
		// The end of a chunked body is net/http's to find, so no request may follow it.
		closes = true
		c.body = -1
	case framing.length >= 0:
		own.WriteString("Content-Length: ")
		own.WriteString(strconv.FormatInt(framing.length, 10))
		own.WriteString("\r\n")
		c.body = framing.length
	}
	if framing.expects {
		own.WriteString("Expect: 100-continue\r\n")
	}
	if closes {
		own.WriteString("Connection: close\r\n")
	} else if framing.keeps {
		own.WriteString("Connection: keep-alive\r\n")
	}
	own.WriteString("\r\n")
	c.push(head, own.String())
}
