package http1

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

var limits = Limits{LineBytes: 16384, HeaderBytes: 65536, HeadTime: time.Minute}

// pieces is a connection that gives its pieces one by one, and then ends.
type pieces struct {
	net.Conn
	texts []string
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.texts) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.texts[0])
	if p.texts[0] = p.texts[0][n:]; p.texts[0] == "" {
		p.texts = p.texts[1:]
	}
	return n, nil
}
func (p *pieces) SetReadDeadline(time.Time) error { return nil }

func TestOnlyRequestsWithOneMeaningAreReadable(t *testing.T) {
	line := "POST /a HTTP/1.1\r\n"
	for name, test := range map[string]struct {
		text string
		want Refusal
	}{
		"a request":                     {line + "Host: a\r\n\r\n", Readable},
		"HTTP/1.0":                      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", Readable},
		"an empty line before":          {"\r\n" + line + "Host: a\r\n\r\n", Readable},
		"two empty lines before":        {"\r\n\r\n" + line + "Host: a\r\n\r\n", Unreadable},
		"a length":                      {line + "Host: a\r\nContent-Length: 3\r\n\r\nabc", Readable},
		"chunks":                        {line + "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Readable},
		"Chunked in capitals":           {line + "Host: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", Readable},
		"length and chunks":             {line + "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", Unreadable},
		"chunks and length":             {line + "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", Unreadable},
		"two lengths":                   {line + "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", Unreadable},
		"the same length twice":         {line + "Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", Unreadable},
		"a list of lengths":             {line + "Host: a\r\nContent-Length: 3, 3\r\n\r\n", Unreadable},
		"a negative length":             {line + "Host: a\r\nContent-Length: -1\r\n\r\n", Unreadable},
		"a length with a sign":          {line + "Host: a\r\nContent-Length: +3\r\n\r\n", Unreadable},
		"an empty length":               {line + "Host: a\r\nContent-Length:\r\n\r\n", Unreadable},
		"a huge length":                 {line + "Host: a\r\nContent-Length: 99999999999999999999\r\n\r\n", Unreadable},
		"a hexadecimal length":          {line + "Host: a\r\nContent-Length: 0x3\r\n\r\n", Unreadable},
		"gzip and chunks":               {line + "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Unreadable},
		"identity":                      {line + "Host: a\r\nTransfer-Encoding: identity\r\n\r\n", Unreadable},
		"chunks twice":                  {line + "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", Unreadable},
		"chunks with a tab":             {line + "Host: a\r\nTransfer-Encoding: x\tchunked\r\n\r\n", Unreadable},
		"chunks in HTTP/1.0":            {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", Unreadable},
		"a continued line":              {line + "Host: a\r\nX: 1\r\n 2\r\n\r\n", Unreadable},
		"a continued line with a tab":   {line + "Host: a\r\nX: 1\r\n\t2\r\n\r\n", Unreadable},
		"a space before the first name": {line + " Host: a\r\n\r\n", Unreadable},
		"a space before the colon":      {line + "Host : a\r\n\r\n", Unreadable},
		"no colon":                      {line + "Host\r\n\r\n", Unreadable},
		"no name":                       {line + ": a\r\n\r\n", Unreadable},
		"a bare LF":                     {line + "Host: a\nX: 1\r\n\r\n", Unreadable},
		"only LF":                       {"GET / HTTP/1.1\nHost: a\n\n", Unreadable},
		"a bare CR":                     {line + "Host: a\rX: 1\r\n\r\n", Unreadable},
		"a NUL":                         {line + "Host: a\x00\r\n\r\n", Unreadable},
		"a control character":           {line + "Host: a\r\nX: \x01\r\n\r\n", Unreadable},
		"two spaces in the line":        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Unreadable},
		"no target":                     {"GET HTTP/1.1\r\nHost: a\r\n\r\n", Unreadable},
		"HTTP/0.9":                      {"GET /\r\n\r\n", Unreadable},
		"HTTP/1.2":                      {"GET / HTTP/1.2\r\n\r\n", Unreadable},
		"HTTP/2 in clear":               {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Unreadable},
		"a version in small letters":    {"GET / http/1.1\r\n\r\n", Unreadable},
		"a method with a space before":  {" GET / HTTP/1.1\r\n\r\n", Unreadable},
		"TLS inside":                    {"\x16\x03\x01\x02\x00\x01\x00\n", Unreadable},
		"the longest target":            {"GET /" + strings.Repeat("a", 16383) + " HTTP/1.1\r\nHost: a\r\n\r\n", Readable},
		"a longer target":               {"GET /" + strings.Repeat("a", 16384) + " HTTP/1.1\r\nHost: a\r\n\r\n", LineTooLong},
		"the longest header":            {line + "X: " + strings.Repeat("a", 16384-5) + "\r\n\r\n", Readable},
		"a longer header":               {line + "X: " + strings.Repeat("a", 16384-4) + "\r\n\r\n", HeadersTooLarge},
		"the largest headers":           {line + strings.Repeat("X: "+strings.Repeat("a", 16384-5)+"\r\n", 4) + "\r\n", Readable},
		"larger headers":                {line + strings.Repeat("X: "+strings.Repeat("a", 16384-5)+"\r\n", 4) + "Y: \r\n\r\n", HeadersTooLarge},
		"a line without an end":         {"GET /" + strings.Repeat("a", 200000), LineTooLong},
		"headers without an end":        {line + strings.Repeat("X: 1\r\n", 40000), HeadersTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			conn := NewConn(&pieces{texts: []string{test.text}}, limits)
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			head, ok := conn.Next()
			if !ok || head.Refusal != test.want {
				t.Errorf("the refusal is %d, want %d", head.Refusal, test.want)
			}
			if test.want != Readable {
				rest, err := io.ReadAll(conn)
				if err != nil || strings.Count(string(rest), "HTTP/1.1") != 1 {
					t.Errorf("net/http gets %q", rest)
				}
			}
		})
	}
}

func TestHeadsComeAsTheyWereSentInAnyPieces(t *testing.T) {
	text := "\r\nPOST /a?b=%zz HTTP/1.1\r\nHost: h:443\r\nX-Two:  1 \r\nx-two: 2\r\nContent-Length: 5\r\n\r\nGET /" +
		"GET /second HTTP/1.1\r\nHost: h\r\nPragma: no-cache\r\nConnection: Close\r\n\r\n"
	for size := 1; size <= len(text); size++ {
		var texts []string
		for i := 0; i < len(text); i += size {
			texts = append(texts, text[i:min(len(text), i+size)])
		}
		conn := NewConn(&pieces{texts: texts}, limits)
		reader := bufio.NewReader(conn)
		first, err := http.ReadRequest(reader)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(first.Body); err != nil || string(body) != "GET /" || first.ContentLength != 5 {
			t.Fatalf("the body is %q, %v", body, err)
		}
		second, err := http.ReadRequest(reader)
		if err != nil || !second.Close || second.URL.Path != "/" {
			t.Fatalf("the second request is %v, %v", second, err)
		}
		head, _ := conn.Next()
		want := [][2]string{{"host", "h:443"}, {"x-two", "1"}, {"x-two", "2"}, {"content-length", "5"}}
		if head.Method != "POST" || head.Target != "/a?b=%zz" || len(head.Headers) != len(want) {
			t.Fatalf("the first head is %v", head)
		}
		for i := range want {
			if head.Headers[i] != want[i] {
				t.Fatalf("header %d is %v", i, head.Headers[i])
			}
		}
		if head, ok := conn.Next(); !ok || head.Method != "GET" || head.Target != "/second" || len(head.Headers) != 3 {
			t.Fatalf("the second head is %v", head)
		}
		if _, err := http.ReadRequest(reader); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last request there is %v", err)
		}
	}
}

func TestNoRequestFollowsAChunkedBody(t *testing.T) {
	conn := NewConn(&pieces{texts: []string{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\n\r\n"}}, limits)
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil || !request.Close {
		t.Fatalf("the request is %v, %v", request, err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
	conn.Next()
	if head, ok := conn.Next(); ok {
		t.Errorf("there is a second head: %v", head)
	}
}

func TestAHeadHasItsOwnDeadline(t *testing.T) {
	client, served := net.Pipe()
	defer client.Close()
	conn := NewConn(served, Limits{LineBytes: 100, HeaderBytes: 100, HeadTime: 20 * time.Millisecond})
	_ = conn.SetReadDeadline(time.Now().Add(time.Hour))
	go func() { _, _ = io.WriteString(client, "GET / HTTP/1.1\r\n") }()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading ends with %v", err)
	}
}

// net/http ends the read that waits for the next request with a deadline in the past.
func TestADeadlineOfTheServerHoldsDuringAHead(t *testing.T) {
	client, served := net.Pipe()
	defer client.Close()
	conn := NewConn(served, Limits{LineBytes: 100, HeaderBytes: 100, HeadTime: time.Hour})
	_ = conn.SetReadDeadline(time.Time{})
	sent := make(chan struct{})
	go func() {
		_, _ = io.WriteString(client, "GET / HT")
		close(sent)
	}()
	failed := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		failed <- err
	}()
	<-sent
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("reading ends with %v", err)
	}
	_ = conn.SetReadDeadline(time.Time{})
	go func() { _, _ = io.WriteString(client, "TP/1.1\r\nHost: h\r\n\r\n") }()
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if head, ok := conn.Next(); !ok || head.Refusal != Readable || head.Method != "GET" {
		t.Errorf("the head is %v", head)
	}
}

// Whatever comes, net/http reads as many requests as there are readable heads, and with the same framing.
func FuzzFraming(f *testing.F) {
	f.Add("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n")
	f.Add("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
	f.Add("\r\nHEAD / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\nExpect: 100-continue\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		conn := NewConn(&pieces{texts: []string{text}}, limits)
		reader := bufio.NewReader(conn)
		for {
			request, err := http.ReadRequest(reader)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("net/http does not read a head of the filter: %v", err)
				}
				return
			}
			head, ok := conn.Next()
			if !ok {
				t.Fatal("there is a request without a head")
			}
			lengths := 0
			for _, header := range head.Headers {
				if header[0] == "content-length" || header[0] == "transfer-encoding" {
					lengths++
				}
			}
			if lengths > 1 || (head.Refusal != Readable && !request.Close) {
				t.Fatalf("the head is %v", head)
			}
			if _, err := io.Copy(io.Discard, request.Body); err != nil || request.Close {
				return
			}
		}
	})
}
