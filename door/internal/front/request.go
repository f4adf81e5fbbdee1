package front

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"door/internal/config"
	"door/internal/http1"
)

// received is a request as it came in.
type received struct {
	method string
	path   string
	// Without the question mark; empty if absent.
	query string
	// Host without its port, in lower case.
	host     string
	protocol string
	// Pairs of a lower-case name and a value. Names that an ALB drops are gone.
	headers [][2]string
	address netip.Addr
}

// values returns the values of a header in the order of its lines.
func (r *received) values(name string) []string {
	var found []string
	for _, header := range r.headers {
		if header[0] == name {
			found = append(found, header[1])
		}
	}
	return found
}

// Names that an ALB keeps when it drops invalid header fields.
var validName = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// readRequest returns the request, or the name of the answer with which it is refused. The order of the checks and the
// limits are those of an ALB.
func readRequest(head http1.Head, address netip.Addr, limits config.Limits) (*received, string) {
	switch head.Refusal {
	case http1.LineTooLong:
		return nil, config.AnswerTooLong
	case http1.HeadersTooLarge:
		return nil, config.AnswerHeadersTooLarge
	case http1.Unreadable:
		return nil, config.AnswerUnreadable
	}
	if head.Method == http.MethodTrace {
		return nil, config.AnswerMethodRefused
	}
	if len(head.Target) > limits.LineBytes {
		return nil, config.AnswerTooLong
	}
	// Neither an absolute form, nor that of CONNECT, nor the asterisk of OPTIONS.
	if !strings.HasPrefix(head.Target, "/") || !isPrintable(head.Target) || head.Method == http.MethodConnect {
		return nil, config.AnswerUnreadable
	}
	total, hosts, host := 0, 0, ""
	for _, header := range head.Headers {
		size := len(header[0]) + len(header[1]) + len(": \r\n")
		total += size
		if size > limits.LineBytes || total > limits.HeaderBytes {
			return nil, config.AnswerHeadersTooLarge
		}
		if header[0] == "host" {
			hosts++
			host = header[1]
		}
	}
	if hosts != 1 || host == "" {
		return nil, config.AnswerUnreadable
	}
	path, query, _ := strings.Cut(head.Target, "?")
	request := &received{
		method: head.Method, path: path, query: query, host: withoutPort(strings.ToLower(host)), protocol: head.Proto,
		headers: make([][2]string, 0, len(head.Headers)), address: address,
	}
	for _, header := range head.Headers {
		if validName.MatchString(header[0]) && !isReserved(header[0]) {
			request.headers = append(request.headers, header)
		}
	}
	return request, ""
}

// isReserved is true for headers that only a load balancer or the door may set.
func isReserved(name string) bool {
	return strings.HasPrefix(name, "x-amzn-") || strings.HasPrefix(name, "x-forwarded-")
}

func isPrintable(text string) bool {
	for i := range len(text) {
		if text[i] < '!' || text[i] > '~' {
			return false
		}
	}
	return true
}

func withoutPort(host string) string {
	end := len(host)
	for end > 0 && host[end-1] >= '0' && host[end-1] <= '9' {
		end--
	}
	if end > 0 && host[end-1] == ':' {
		return host[:end-1]
	}
	return host
}

// headOf makes the head of a request of HTTP/2, whose framing net/http has checked.
func headOf(r *http.Request) http1.Head {
	head := http1.Head{Method: r.Method, Target: r.RequestURI, Proto: r.Proto}
	if r.Host != "" {
		head.Headers = append(head.Headers, [2]string{"host", r.Host})
	}
	for name, values := range r.Header {
		for _, value := range values {
			// A converter from HTTP/1.1 may send host in place of :authority, or both with one value (RFC 9113 §8.3.1).
			if name == "Host" && value == r.Host {
				continue
			}
			head.Headers = append(head.Headers, [2]string{strings.ToLower(name), value})
		}
	}
	return head
}
