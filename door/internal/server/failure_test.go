package server_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"door/internal/config"
)

func TestWhateverAFunctionDoesWrongIs503(t *testing.T) {
	result := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { writeResult(w, text) }
	}
	large := func(size int) string {
		const rest = len(`{"statusCode":200,"body":""}`)
		return `{"statusCode":200,"body":"` + strings.Repeat("a", size-rest) + `"}`
	}
	for name, test := range map[string]struct {
		respond http.HandlerFunc
		cause   string
	}{
		"a function error": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			writeResult(w, `{"errorType":"Error","errorMessage":"SECRET","statusCode":200}`)
		}, "function-error"},
		"status 500": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "ServiceException")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `{"Type":"Service","Message":"SECRET"}`)
		}, "invoke-failed: status 500"},
		"too many requests": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
			w.WriteHeader(429)
			_, _ = io.WriteString(w, `{"Type":"User","Message":"Rate exceeded","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}`)
		}, "invoke-failed: status 429"},
		"no function": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(404)
		}, "invoke-failed: status 404"},
		"no permission": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(403)
		}, "invoke-failed: status 403"},
		"accepted, not done":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }, "invoke-failed: status 202"},
		"the connection ends": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "invoke-failed"},
		"half a result": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"statusCode":200`)
		}, "invoke-failed"},
		"an endless result": {func(w http.ResponseWriter, _ *http.Request) {
			chunk := strings.Repeat("a", 65536)
			for {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, "result-too-large"},
		"a result of 1 MB and a byte": {result(large(1048577)), "result-too-large"},
		"an empty result":             {result(""), "result-unreadable"},
		"null":                        {result("null"), "result-unreadable"},
		"a list":                      {result("[]"), "result-unreadable"},
		"a text":                      {result(`"SECRET"`), "result-unreadable"},
		"no status":                   {result(`{"body":"SECRET"}`), "result-unreadable"},
		"a status as text":            {result(`{"statusCode":"200"}`), "result-unreadable"},
		"a status in capitals":        {result(`{"StatusCode":200}`), "result-unreadable"},
		"status 199":                  {result(`{"statusCode":199}`), "result-unreadable"},
		"status 101":                  {result(`{"statusCode":101}`), "result-unreadable"},
		"status 600":                  {result(`{"statusCode":600}`), "result-unreadable"},
		"status 200.5":                {result(`{"statusCode":200.5}`), "result-unreadable"},
		"a body that is no text":      {result(`{"statusCode":200,"body":{}}`), "result-unreadable"},
		"a body that is no base64":    {result(`{"statusCode":200,"body":"%","isBase64Encoded":true}`), "result-unreadable"},
		"headers as texts":            {result(`{"statusCode":200,"multiValueHeaders":{"A":"SECRET"}}`), "result-unreadable"},
		"a header that splits":        {result(`{"statusCode":200,"multiValueHeaders":{"A":["b\r\nC: SECRET"]}}`), "result-unreadable"},
		"a name that splits":          {result(`{"statusCode":200,"multiValueHeaders":{"A: b\r\nC":["SECRET"]}}`), "result-unreadable"},
		"text after the result":       {result(`{"statusCode":200}{"statusCode":200}`), "result-unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t)
			d.lambda.answer(func(w http.ResponseWriter, r *http.Request, _ map[string]any) { test.respond(w, r) })
			got := d.send(t, d.client(t, clientAddress, false), "POST", callbackPath, "x")
			refused(t, d, got, "unavailable")
			if got.headers.Get("Retry-After") != "2" || strings.Contains(fmt.Sprint(got), "SECRET") {
				t.Errorf("got %v", got)
			}
			if line := d.lines(t, 1)[0]; line["cause"] != test.cause || line["DoorUnavailable"] != 1.0 || line["status"] != 503.0 {
				t.Errorf("the line is %v", line)
			}
			if calls := d.lambda.calls.Load(); calls != 1 {
				t.Errorf("the function was called %d times", calls)
			}
		})
	}
	t.Run("a result of 1 MB passes", func(t *testing.T) {
		d := startDoor(t)
		d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) { writeResult(w, large(1048576)) })
		if got := d.send(t, d.client(t, clientAddress, true), "POST", callbackPath, "x"); got.status != 200 || len(got.body) != 1048548 {
			t.Errorf("got %d with %d bytes", got.status, len(got.body))
		}
	})
	t.Run("Lambda is away", func(t *testing.T) {
		d := startDoor(t)
		d.lambda.Close()
		refused(t, d, d.send(t, d.client(t, clientAddress, true), "POST", callbackPath, "x"), "unavailable")
	})
}

func TestAFunctionThatIsTooSlowIs503(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) {
		target := c.Functions["receive"]
		target.TimeoutSeconds = 1
		c.Functions["receive"] = target
	}))
	leave := make(chan struct{})
	defer close(leave)
	d.lambda.answer(func(http.ResponseWriter, *http.Request, map[string]any) { <-leave })
	refused(t, d, d.send(t, d.client(t, clientAddress, false), "POST", callbackPath, "x"), "unavailable")
	if line := d.lines(t, 1)[0]; line["cause"] != "function-timeout" {
		t.Errorf("the line is %v", line)
	}
}

func TestMoreRequestsThanTheirLimitAre503(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) { c.Limits.Requests = 3 }))
	entered, leave := make(chan struct{}), make(chan struct{})
	d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
		entered <- struct{}{}
		<-leave
		writeResult(w, `{"statusCode":200}`)
	})
	client := d.client(t, clientAddress, true)
	replies := make(chan reply)
	for range 3 {
		go func() { replies <- d.send(t, client, "POST", callbackPath, "x") }()
		<-entered
	}
	refused(t, d, d.send(t, client, "POST", callbackPath, "x"), "unavailable")
	close(leave)
	for range 3 {
		if got := <-replies; got.status != 200 {
			t.Errorf("got %d", got.status)
		}
	}
	go func() { <-entered }()
	if got := d.send(t, client, "POST", callbackPath, "x"); got.status != 200 {
		t.Errorf("after the end of the others: %d", got.status)
	}
}

func TestBodiesInMemoryAreBounded(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) {
		c.Limits.Requests, c.Limits.BodyBytes = 1, 1000
		for i := range c.Rules {
			c.Rules[i].BodyBytes = 1000
		}
	}))
	entered, release := make(chan struct{}), make(chan struct{})
	d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
		entered <- struct{}{}
		<-release
		writeResult(w, `{"statusCode":200}`)
	})
	client := d.client(t, clientAddress, false)
	first := make(chan reply)
	go func() { first <- d.send(t, client, "POST", callbackPath, strings.Repeat("a", 999)) }()
	<-entered
	for i, test := range []struct{ body, cause string }{{"bb", "memory"}, {"b", "busy"}, {"", "busy"}} {
		refused(t, d, d.send(t, client, "POST", callbackPath, test.body), "unavailable")
		if line := d.lines(t, i+1)[i]; line["cause"] != test.cause {
			t.Errorf("%d bytes: the line is %v; expected %s", len(test.body), line, test.cause)
		}
	}
	close(release)
	if got := <-first; got.status != 200 {
		t.Errorf("the first body got %d", got.status)
	}
	go func() { <-entered }()
	if got := d.send(t, client, "POST", callbackPath, "bb"); got.status != 200 {
		t.Errorf("afterwards a request got %d", got.status)
	}
}

func TestSlowHeadersEndTheConnection(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) { c.Limits.HeaderReadSeconds = 1 }))
	conn := d.secure(t, clientAddress)
	go func() {
		for _, letter := range "GET / HTTP/1.1\r\nHost: " + strings.Repeat("a", 10000) {
			if _, err := io.WriteString(conn, string(letter)); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if text := answerBytes(t, conn); strings.Contains(string(text), " 200 ") || strings.Contains(string(text), " 201 ") {
		t.Errorf("got %q", text)
	}
	t.Run("of the second request", func(t *testing.T) {
		conn := d.secure(t, clientAddress)
		_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\nGET /")
		reader := bufio.NewReader(conn)
		if got := readReply(t, reader); got.status != 201 {
			t.Fatalf("got %d", got.status)
		}
		if _, err := reader.ReadByte(); err != io.EOF {
			t.Errorf("the connection ends with %v", err)
		}
	})
}

func TestASlowBodyIs408(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) { c.Limits.BodyReadSeconds = 1 }))
	for name, head := range map[string]string{"with a length": "Content-Length: 100", "in chunks": "Transfer-Encoding: chunked"} {
		t.Run(name, func(t *testing.T) {
			got := d.raw(t, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\n"+head+"\r\n\r\n4\r\n")
			refused(t, d, got, "slow")
			if !got.closes {
				t.Error("the connection stays open")
			}
		})
	}
	t.Run("HTTP/2", func(t *testing.T) {
		reader, writer := io.Pipe()
		defer writer.Close()
		go func() { _, _ = io.WriteString(writer, "abc") }()
		request, _ := http.NewRequest("POST", "https://"+host+callbackPath, reader)
		response, err := d.client(t, clientAddress, true).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 408 {
			t.Errorf("got %d", response.StatusCode)
		}
	})
	if d.lambda.calls.Load() != 0 {
		t.Error("the function was called")
	}
}

func TestAnIdleConnectionEnds(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) { c.Limits.IdleSeconds = 1 }))
	for _, protocol := range []string{"http/1.1", "h2"} {
		conn := d.secure(t, clientAddress, protocol)
		if protocol == "h2" {
			_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("%s ends with %v", protocol, err)
		}
	}
}

func TestAClientThatGoesAwayOrClosesItsHalf(t *testing.T) {
	d := startDoor(t)
	conn := d.secure(t, clientAddress)
	_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 10\r\n\r\nabc")
	_ = conn.Close()
	line := d.lines(t, 1)[0]
	if line["outcome"] != "unreadable" || d.lambda.calls.Load() != 0 {
		t.Errorf("the line is %v", line)
	}
	half := d.secure(t, clientAddress)
	_, _ = io.WriteString(half, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 3\r\n\r\nabc")
	_ = half.CloseWrite()
	if got := readReply(t, bufio.NewReader(half)); got.status != 201 {
		t.Errorf("a client that closed its half got %d", got.status)
	}
}

func TestAClientThatWaitsFor100GetsIt(t *testing.T) {
	d := startDoor(t)
	conn := d.secure(t, clientAddress)
	reader := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
	if line, err := reader.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	_, _ = reader.ReadString('\n')
	_, _ = io.WriteString(conn, "abc")
	if got := readReply(t, reader); got.status != 201 {
		t.Errorf("got %d", got.status)
	}
	if _, found := d.lambda.last(t)["multiValueHeaders"].(map[string]any)["expect"]; found {
		t.Error("the function gets Expect")
	}
	// A body that is too large is refused before it comes.
	got := d.raw(t, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n")
	refused(t, d, got, "tooLarge")
}

func TestAnswersPassAsTheFunctionMadeThem(t *testing.T) {
	d := startDoor(t)
	for name, test := range map[string]struct {
		result, want string
	}{
		"no body":       {`{"statusCode":204,"body":"ignored"}`, "HTTP/1.1 204 No Content\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"not modified":  {`{"statusCode":304,"multiValueHeaders":{"ETag":["\"a\""]}}`, "HTTP/1.1 304 Not Modified\r\nEtag: \"a\"\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"no type":       {`{"statusCode":200,"body":"<html>"}`, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n<html>"},
		"own framing":   {`{"statusCode":200,"multiValueHeaders":{"Content-Length":[9],"transfer-encoding":["chunked"],"Connection":["close"]},"body":"a"}`, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nStrict-Transport-Security: max-age=63072000\r\n\r\na"},
		"bytes":         {`{"statusCode":200,"body":"/wA=","isBase64Encoded":true}`, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n\xff\x00"},
		"numbers":       {`{"statusCode":200,"multiValueHeaders":{"A":[1,1.50,true,1e21,1e-7,-0]},"body":null}`, "HTTP/1.1 200 OK\r\nA: 1\r\nA: 1.5\r\nA: true\r\nA: 1e+21\r\nA: 1e-7\r\nA: 0\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"Latin-1":       {`{"statusCode":200,"multiValueHeaders":{"A":["é"]}}`, "HTTP/1.1 200 OK\r\nA: \xe9\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"a name twice":  {`{"statusCode":200,"multiValueHeaders":{"a-B":["1"],"A-b":["2"]}}`, "HTTP/1.1 200 OK\r\nA-B: 2\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"another HSTS":  {`{"statusCode":200,"multiValueHeaders":{"Strict-Transport-Security":["max-age=0"]}}`, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
		"other members": {`{"statusCode":200,"statusDescription":"200 OK","headers":{"A":"1"},"BODY":1}`, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nStrict-Transport-Security: max-age=63072000\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) { writeResult(w, test.result) })
			conn := d.secure(t, clientAddress)
			_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\n")
			text := readText(t, conn, len(test.want))
			if text != test.want {
				t.Errorf("got\n%q\nwant\n%q", text, test.want)
			}
		})
	}
}

// readText reads an answer of so many bytes, without its Date.
func readText(t *testing.T, conn *tls.Conn, size int) string {
	t.Helper()
	text := make([]byte, size+len("Date: Tue, 01 Dec 2026 05:40:30 GMT\r\n"))
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _ := io.ReadFull(conn, text)
	before, rest, _ := strings.Cut(string(text[:n]), "Date: ")
	_, after, _ := strings.Cut(rest, "\r\n")
	return before + after
}
