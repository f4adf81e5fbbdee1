package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"door/internal/config"
)

// refused fails unless it is the door's own answer of this name.
func refused(t *testing.T, d *door, got reply, name string) {
	t.Helper()
	want := d.config.Answers[name]
	var problem map[string]any
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil {
		t.Fatalf("got %d with %q; want a problem document of %d: %v", got.status, got.body, want.Status, err)
	}
	if got.status != want.Status || problem["title"] != want.Problem.Title || int(problem["status"].(float64)) != want.Status {
		t.Errorf("got %d %v; want %d %s", got.status, problem, want.Status, want.Problem.Title)
	}
	if id := problem["requestId"]; id == "" || id != got.headers.Get("X-Request-Id") {
		t.Errorf("the request id is %v, and in the header %s", id, got.headers.Get("X-Request-Id"))
	}
	if got.headers.Get("Strict-Transport-Security") == "" || got.headers.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the headers are %v", got.headers)
	}
}

func TestFormsOfRequestsThatAreRefused(t *testing.T) {
	d := startDoor(t)
	hostLine := "Host: " + host + "\r\n"
	for name, test := range map[string]struct{ text, answer string }{
		"length and chunks":        {"POST " + callbackPath + " HTTP/1.1\r\n" + hostLine + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "unreadable"},
		"two lengths":              {"POST " + callbackPath + " HTTP/1.1\r\n" + hostLine + "Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc", "unreadable"},
		"a continued line":         {"POST " + callbackPath + " HTTP/1.1\r\n" + hostLine + "X: a\r\n b\r\n\r\n", "unreadable"},
		"an absolute form":         {"GET https://" + host + callbackPath + " HTTP/1.1\r\n" + hostLine + "\r\n", "unreadable"},
		"CONNECT":                  {"CONNECT " + host + ":443 HTTP/1.1\r\n" + hostLine + "\r\n", "unreadable"},
		"CONNECT with a path":      {"CONNECT /v1/results HTTP/1.1\r\n" + hostLine + "\r\n", "unreadable"},
		"TRACE":                    {"TRACE / HTTP/1.1\r\n" + hostLine + "\r\n", "methodRefused"},
		"an asterisk":              {"OPTIONS * HTTP/1.1\r\n" + hostLine + "\r\n", "unreadable"},
		"no host":                  {"GET / HTTP/1.1\r\n\r\n", "unreadable"},
		"an empty host":            {"GET / HTTP/1.1\r\nHost: \r\n\r\n", "unreadable"},
		"two hosts":                {"GET / HTTP/1.1\r\n" + hostLine + hostLine + "\r\n", "unreadable"},
		"another host":             {"POST " + callbackPath + " HTTP/1.1\r\nHost: other.example.com\r\n\r\n", "notFound"},
		"an address as host":       {"POST " + callbackPath + " HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "notFound"},
		"no route":                 {"GET /wp-login.php HTTP/1.1\r\n" + hostLine + "\r\n", "notFound"},
		"the console":              {"GET /console HTTP/1.1\r\n" + hostLine + "\r\n", "notFound"},
		"a path in capitals":       {"POST /V1/results/x HTTP/1.1\r\n" + hostLine + "\r\n", "notFound"},
		"a byte above ASCII":       {"POST /v1/results/\xff HTTP/1.1\r\n" + hostLine + "\r\n", "unreadable"},
		"the longest path is 4096": {"POST /v1/results/" + strings.Repeat("a", 4097-12) + " HTTP/1.1\r\n" + hostLine + "\r\n", "tooLong"},
		"a line of 16 KB":          {"POST /v1/results/x?" + strings.Repeat("a", 16385-14) + " HTTP/1.1\r\n" + hostLine + "\r\n", "tooLong"},
		"a header of 16 KB":        {"POST /v1/results/x HTTP/1.1\r\n" + hostLine + "X: " + strings.Repeat("a", 16380) + "\r\n\r\n", "headersTooLarge"},
		"no HTTP":                  {"SSH-2.0-OpenSSH_9.9\r\n\r\n", "unreadable"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, d, d.raw(t, test.text), test.answer) })
	}
	if calls := d.lambda.calls.Load(); calls != 0 {
		t.Errorf("functions were called %d times", calls)
	}
}

func TestTheSecondRequestOfASmugglerIsNotAnswered(t *testing.T) {
	d := startDoor(t)
	second := "GET /.well-known/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	for name, first := range map[string]string{
		"length and chunks": "POST " + callbackPath + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"after chunks":      "POST " + callbackPath + " HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := d.secure(t, clientAddress)
			_, _ = io.WriteString(conn, first+second)
			reader := bufio.NewReader(conn)
			if got := readReply(t, reader); got.status == 0 || !got.closes {
				t.Errorf("got %d %v", got.status, got.headers)
			}
			if got := readReply(t, reader); got.status != 0 {
				t.Errorf("the second request got %d", got.status)
			}
		})
	}
}

func TestRequestsOfOneConnectionAreAnsweredInTheirOrder(t *testing.T) {
	d := startDoor(t)
	d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, event map[string]any) {
		writeResult(w, render(t, map[string]any{"statusCode": 200, "body": event["path"].(string) + event["body"].(string)}))
	})
	conn := d.secure(t, clientAddress)
	var sent strings.Builder
	for i := range 20 {
		fmt.Fprintf(&sent, "POST /c/%d HTTP/1.1\r\nHost: %s:443\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
			i, host, i*1000, strings.Repeat("b", i*1000))
	}
	go func() { _, _ = io.WriteString(conn, sent.String()) }()
	reader := bufio.NewReader(conn)
	for i := range 20 {
		if got := readReply(t, reader); got.status != 200 || got.body != fmt.Sprintf("/c/%d%s", i, strings.Repeat("b", i*1000)) {
			t.Fatalf("answer %d is %d with %.20q", i, got.status, got.body)
		}
	}
}

func TestTheLongestPathReachesItsFunction(t *testing.T) {
	d := startDoor(t)
	bothVersions(t, func(t *testing.T, http2 bool) {
		path := "/v1/results/" + strings.Repeat("a", 4096-12)
		if got := d.send(t, d.client(t, clientAddress, http2), "POST", path, "x"); got.status != 201 {
			t.Errorf("got %d", got.status)
		}
		if got := d.send(t, d.client(t, clientAddress, http2), "POST", path+"a", "x"); got.status != 414 {
			t.Errorf("one byte more got %d", got.status)
		}
	})
}

func TestWrongMethodsAreTheFunctions(t *testing.T) {
	d := startDoor(t)
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} {
		if got := d.send(t, d.client(t, clientAddress, false), method, callbackPath, ""); got.status != 201 {
			t.Errorf("%s got %d", method, got.status)
		}
		if event := d.lambda.last(t); event["httpMethod"] != method || event["body"] != "" || event["isBase64Encoded"] != false {
			t.Errorf("the event of %s is %v", method, event)
		}
	}
	client := d.client(t, clientAddress, false)
	d.send(t, client, "GET", "/v1/tasks", "", "Authorization", "Bearer "+d.token())
	if group := d.lambda.last(t)["requestContext"]; !strings.Contains(render(t, group), "postern-test-tasks/door") {
		t.Errorf("GET went to %v", group)
	}
	d.send(t, client, "POST", "/v1/tasks", "{}", "Authorization", "Bearer "+d.token())
	if group := d.lambda.last(t)["requestContext"]; !strings.Contains(render(t, group), "postern-test-create-task/door") {
		t.Errorf("POST went to %v", group)
	}
}

func TestBodiesUpToTheLimitOfTheirRuleReachTheFunction(t *testing.T) {
	d := startDoor(t)
	octets := strings.Repeat("\xff", 1048576)
	bothVersions(t, func(t *testing.T, http2 bool) {
		client := d.client(t, clientAddress, http2)
		got := d.send(t, client, "POST", callbackPath, octets, "Content-Type", "application/octet-stream")
		if event := d.lambda.last(t); got.status != 201 || event["isBase64Encoded"] != true || len(event["body"].(string)) != 1398104 {
			t.Errorf("1048576 bytes got %d", got.status)
		}
		calls := d.lambda.calls.Load()
		refused(t, d, d.send(t, client, "POST", callbackPath, octets+"a"), "tooLarge")
		// Without a length.
		request, _ := http.NewRequest("POST", "https://"+host+callbackPath, io.MultiReader(strings.NewReader(octets), strings.NewReader("a")))
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 413 {
			t.Errorf("1048577 bytes in chunks got %d", response.StatusCode)
		}
		refused(t, d, d.send(t, client, "POST", "/v1/handshake", strings.Repeat("a", 4097)), "tooLarge")
		if d.lambda.calls.Load() != calls {
			t.Error("the function was called")
		}
		if got := d.send(t, client, "POST", "/v1/handshake", strings.Repeat("a", 4096)); got.status != 201 {
			t.Errorf("4096 bytes got %d", got.status)
		}
	})
}

func TestABodyIsTextOnlyIfItsTypeAndItsBytesAre(t *testing.T) {
	d := startDoor(t)
	client := d.client(t, clientAddress, false)
	for name, test := range map[string]struct {
		body, kind, encoding string
		base64               bool
	}{
		"JSON":               {`{"a":"é"}`, "application/json", "", false},
		"JSON in capitals":   {"{}", "Application/JSON; charset=utf-8", "", false},
		"XML":                {"<a/>", "application/xml", "", false},
		"text":               {"a", "text/csv", "", false},
		"JSON of a vendor":   {"{}", "application/vnd.a+json", "", true},
		"a longer type":      {"{}", "application/jsonp", "", true},
		"a form":             {"a=b", "application/x-www-form-urlencoded", "", true},
		"no type":            {"a", "", "", true},
		"gzip":               {"a", "text/plain", "gzip", true},
		"identity":           {"a", "text/plain", "identity", true},
		"bytes, not text":    {"\xc3\x28", "text/plain", "", true},
		"a surrogate":        {"\xed\xa0\x80", "text/plain", "", true},
		"a NUL":              {"\x00", "text/plain", "", false},
		"separators of line": {"\u2028<&>", "text/plain", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if test.kind != "" {
				headers = append(headers, "Content-Type", test.kind)
			}
			if test.encoding != "" {
				headers = append(headers, "Content-Encoding", test.encoding)
			}
			d.send(t, client, "POST", callbackPath, test.body, headers...)
			event := d.lambda.last(t)
			if event["isBase64Encoded"] != test.base64 || (!test.base64 && event["body"] != test.body) {
				t.Errorf("the event has %v %q", event["isBase64Encoded"], event["body"])
			}
		})
	}
}

func TestRates(t *testing.T) {
	for name, test := range map[string]struct {
		set    func(*config.Rates)
		target func(i int) string
		limit  int
		rule   string
	}{
		"callbacks":          {func(r *config.Rates) { r.Callbacks = 100 }, func(i int) string { return fmt.Sprintf("/c/%d", i) }, 100, "CallbackRate"},
		"callbacks of a URL": {func(r *config.Rates) { r.CallbackPath = 20 }, func(int) string { return callbackPath }, 20, "CallbackPathRate"},
		"other requests":     {func(r *config.Rates) { r.Others = 30 }, func(int) string { return "/.well-known/x" }, 30, "OtherRate"},
		"handshakes":         {func(r *config.Rates) { r.Handshake = 10 }, func(int) string { return "/v1/handshake" }, 10, "HandshakeRate"},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t, with(func(c *config.Config) { test.set(&c.Rates) }))
			client := d.client(t, clientAddress, false)
			for i := range test.limit {
				if got := d.send(t, client, "POST", test.target(i), "x"); got.status != 201 {
					t.Fatalf("request %d got %d", i+1, got.status)
				}
			}
			got := d.send(t, client, "POST", test.target(test.limit), "x")
			refused(t, d, got, "tooMany")
			if got.status != 429 || got.headers.Get("Retry-After") != "300" {
				t.Errorf("got %d, Retry-After %s", got.status, got.headers.Get("Retry-After"))
			}
			if calls := d.lambda.calls.Load(); calls != int64(test.limit) {
				t.Errorf("the function was called %d times", calls)
			}
			// Another address is free. The door sees the one of the PROXY header, never a header of the client.
			if got := d.send(t, d.client(t, "198.51.100.24", false), "POST", test.target(0), "x"); got.status != 201 {
				t.Errorf("another address got %d", got.status)
			}
			if got := d.send(t, client, "POST", test.target(0), "x", "X-Forwarded-For", "203.0.113.9"); got.status != 429 {
				t.Errorf("a header of the client changed its address: %d", got.status)
			}
			line := d.lines(t, test.limit+1)[test.limit]
			if line["Rule"] != test.rule || line["DoorBlocked"] != 1.0 || line["outcome"] != "tooMany" {
				t.Errorf("the line is %v", line)
			}
		})
	}
}

func TestOnlySourcesMaySendCallbacks(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) {
		c.Sources = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/28"), netip.MustParsePrefix("2001:db8::/32")}
	}))
	for address, status := range map[string]int{
		"198.51.100.0": 201, "198.51.100.15": 201, "198.51.100.16": 403, "203.0.113.1": 403, "2001:db8::9": 201, "2001:db9::9": 403,
	} {
		if got := d.send(t, d.client(t, address, false), "POST", callbackPath, "x"); got.status != status {
			t.Errorf("%s got %d, want %d", address, got.status, status)
		}
	}
	if got := d.send(t, d.client(t, "203.0.113.1", false), "GET", "/.well-known/x", ""); got.status != 201 {
		t.Errorf("another route got %d", got.status)
	}
}

func TestTheFirewallIsAskedAfterTheTokenAndBeforeTheFunction(t *testing.T) {
	d := startDoor(t)
	client := d.client(t, clientAddress, false)
	refused(t, d, d.send(t, client, "GET", "/.well-known/x?attack", ""), "refused")
	for _, query := range []string{"panic", "broken"} {
		got := d.send(t, client, "GET", "/.well-known/x?"+query, "")
		refused(t, d, got, "unavailable")
		if got.status != 503 || got.headers.Get("Retry-After") != "2" {
			t.Errorf("got %d, Retry-After %s", got.status, got.headers.Get("Retry-After"))
		}
	}
	if calls := d.lambda.calls.Load(); calls != 0 {
		t.Errorf("the function was called %d times", calls)
	}
	lines := d.lines(t, 3)
	blocked := lines[0]
	if blocked["Rule"] != "942100" || blocked["severity"] != "critical" || blocked["variable"] != "ARGS" || blocked["DoorBlocked"] != 1.0 {
		t.Errorf("the line is %v", blocked)
	}
	if lines[1]["cause"] != "panic" || lines[2]["cause"] != "firewall" || lines[1]["DoorUnavailable"] != 1.0 {
		t.Errorf("the lines are %v", lines[1:])
	}
	refused(t, d, d.send(t, client, "GET", "/v1/tasks?attack", ""), "unauthorized")
}

func TestALineHasTheRequestAndItsMetrics(t *testing.T) {
	d := startDoor(t)
	d.send(t, d.client(t, clientAddress, true), "POST", callbackPath+"?SECRET", "SECRET", "Authorization", "Bearer SECRET", "X-SECRET", "SECRET")
	line := d.lines(t, 1)[0]
	id := strings.TrimPrefix(header0(d.lambda.last(t), "x-amzn-trace-id").(string), "Root=")
	if duration, ok := line["durationMs"].(float64); !ok || duration <= 0 {
		t.Errorf("the duration is %v", line["durationMs"])
	}
	aws := line["_aws"].(map[string]any)
	if stamp, ok := aws["Timestamp"].(float64); !ok || time.Since(time.UnixMilli(int64(stamp))) > time.Minute {
		t.Errorf("the timestamp is %v", aws["Timestamp"])
	}
	for _, name := range []string{"durationMs", "timestamp", "_aws"} {
		delete(line, name)
	}
	want := `{"DoorRequests":1,"DoorUnavailable":0,"Environment":"test","address":"198.51.100.23","answerBytes":8,"component":"door",` +
		`"function":"receive","level":"INFO","message":"request","outcome":"answered","profile":"callback","protocol":"HTTP/2.0",` +
		`"requestBytes":6,"requestId":"` + id + `","status":201}`
	if text := render(t, line); text != want {
		t.Errorf("the line is\n%s\nwant\n%s", text, want)
	}
	metrics := `[{"Dimensions":[["Environment"]],"Metrics":[{"Name":"DoorRequests","Unit":"Count"},{"Name":"DoorUnavailable","Unit":"Count"}],"Namespace":"Postern"}]`
	if text := render(t, aws["CloudWatchMetrics"]); text != metrics {
		t.Errorf("the metrics are\n%s\nwant\n%s", text, metrics)
	}
}

func TestAConnectionEndsAfterItsLongestLife(t *testing.T) {
	t.Parallel()
	bothVersions(t, func(t *testing.T, http2 bool) {
		d := startDoor(t, with(func(c *config.Config) { c.Limits.KeepAliveSeconds = 1 }))
		client := d.client(t, clientAddress, http2)
		for deadline := time.Now().Add(10 * time.Second); d.dials.Load() < 2; {
			if time.Now().After(deadline) {
				t.Fatal("the connection lives on")
			}
			if got := d.send(t, client, "POST", callbackPath, "x"); got.status != 201 {
				t.Fatalf("got %d", got.status)
			}
		}
	})
}
