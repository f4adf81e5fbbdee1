package http1

import (
	"strconv"
	"strings"
)

// framing is what net/http has to know of a head.
type framing struct {
	// HEAD has no body in its answer. Every other method is POST for net/http.
	method  string
	length  int64
	chunked bool
	expects bool
	closes  bool
	keeps   bool
}

// parse reads a head that ends with an empty line and has no bare CR, bare LF or NUL.
func parse(text []byte, limits Limits) (Head, framing, Refusal) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\r\n\r\n"), "\r\n")
	head, refusal := parseRequestLine(lines[0], limits)
	if refusal != Readable {
		return Head{}, framing{}, refusal
	}
	head.Headers = make([][2]string, 0, len(lines)-1)
	total := 0
	for _, line := range lines[1:] {
		name, value, found := strings.Cut(line, ":")
		// A line that begins with a space continues the one before (obs-fold), which RFC 9112 §5.2 lets a server refuse. A
		// space before the colon must be refused (§5.1).
		if !found || !isToken(name) {
			return Head{}, framing{}, Unreadable
		}
		value = strings.Trim(value, " \t")
		if !isFieldValue(value) {
			return Head{}, framing{}, Unreadable
		}
		size := len(name) + len(value) + len(": \r\n")
		total += size
		if size > limits.LineBytes || total > limits.HeaderBytes {
			return Head{}, framing{}, HeadersTooLarge
		}
		head.Headers = append(head.Headers, [2]string{strings.ToLower(name), value})
	}
	frame, ok := parseFraming(head)
	if !ok {
		return Head{}, framing{}, Unreadable
	}
	return head, frame, Readable
}

func parseRequestLine(line string, limits Limits) (Head, Refusal) {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !isToken(parts[0]) || (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
		if len(line) > limits.LineBytes+lineRest {
			return Head{}, LineTooLong
		}
		return Head{}, Unreadable
	}
	if len(parts[1]) > limits.LineBytes {
		return Head{}, LineTooLong
	}
	return Head{Method: parts[0], Target: parts[1], Proto: parts[2]}, Readable
}

func parseFraming(head Head) (framing, bool) {
	frame := framing{method: "POST", length: -1}
	if head.Method == "HEAD" {
		frame.method = "HEAD"
	}
	encodings, lengths := 0, 0
	for _, header := range head.Headers {
		switch value := strings.ToLower(header[1]); header[0] {
		case "transfer-encoding":
			encodings++
			if value != "chunked" || head.Proto == "HTTP/1.0" {
				return frame, false
			}
			frame.chunked = true
		case "content-length":
			lengths++
			length, ok := parseLength(value)
			if !ok {
				return frame, false
			}
			frame.length = length
		case "expect":
			frame.expects = frame.expects || (value == "100-continue" && head.Proto == "HTTP/1.1")
		case "connection":
			for option := range strings.SplitSeq(value, ",") {
				switch strings.TrimSpace(option) {
				case "close":
					frame.closes = true
				case "keep-alive":
					frame.keeps = true
				}
			}
		}
	}
	return frame, encodings <= 1 && lengths <= 1 && encodings+lengths <= 1
}

func parseLength(text string) (int64, bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	length, err := strconv.ParseInt(text, 10, 64)
	return length, err == nil
}

// isToken is true for a token of RFC 9110 §5.6.2.
func isToken(text string) bool {
	for i := range len(text) {
		b := text[i]
		letter := (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9')
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b)) {
			return false
		}
	}
	return text != ""
}

func isFieldValue(text string) bool {
	for i := range len(text) {
		if b := text[i]; (b < ' ' && b != '\t') || b == 0x7f {
			return false
		}
	}
	return true
}
