package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/go-jose/go-jose/v4"
	"github.com/pires/go-proxyproto"

	"door/internal/config"
	"door/internal/front"
	"door/internal/logs"
	"door/internal/server"
	"door/internal/waf"
)

const (
	host          = "callbacks.example.com"
	clientAddress = "198.51.100.23"
	callbackPath  = "/v1/results/eyJhbGciOi.SECRET-path-token.x"
	keyID         = "key-1"
)

// lambdaStandIn speaks the wire protocol of Lambda's Invoke.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
type lambdaStandIn struct {
	*httptest.Server
	mutex  sync.Mutex
	events []map[string]any
	// Answers an event. The default is 201 with headers and a body.
	respond func(w http.ResponseWriter, r *http.Request, event map[string]any)
	calls   atomic.Int64
}

var invokePath = regexp.MustCompile(`^/2015-03-31/functions/([^/]+)/invocations$`)

func newLambda(t *testing.T) *lambdaStandIn {
	t.Helper()
	standIn := &lambdaStandIn{}
	standIn.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		standIn.calls.Add(1)
		if r.Method != http.MethodPost || !invokePath.MatchString(r.URL.EscapedPath()) {
			http.Error(w, "only Invoke is done here", http.StatusNotFound)
			return
		}
		if r.Header.Get("Authorization") == "" {
			t.Error("the call is not signed")
		}
		var event map[string]any
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			t.Errorf("the payload is not JSON: %v", err)
		}
		standIn.mutex.Lock()
		standIn.events = append(standIn.events, event)
		respond := standIn.respond
		standIn.mutex.Unlock()
		if respond != nil {
			respond(w, r, event)
			return
		}
		writeResult(w, `{"statusCode":201,"multiValueHeaders":{"X-Request-Id":["of the function"],"Set-Cookie":["a=1","b=2"],`+
			`"Content-Type":["text/plain"]},"body":"recorded","isBase64Encoded":false}`)
	}))
	t.Cleanup(standIn.Close)
	return standIn
}

func writeResult(w http.ResponseWriter, result string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", "7")
	_, _ = io.WriteString(w, result)
}

func (l *lambdaStandIn) answer(respond func(w http.ResponseWriter, r *http.Request, event map[string]any)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.respond = respond
}

func (l *lambdaStandIn) last(t *testing.T) map[string]any {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.events) == 0 {
		t.Fatal("the function was not called")
	}
	return l.events[len(l.events)-1]
}

// issuer serves the keys of an issuer and signs tokens.
type issuer struct {
	*httptest.Server
	key     *rsa.PrivateKey
	fetches atomic.Int64
	// Answers instead of the keys.
	instead atomic.Pointer[http.HandlerFunc]
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var otherRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	made := &issuer{key: rsaKey()}
	made.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.fetches.Add(1)
		if instead := made.instead.Load(); instead != nil {
			(*instead)(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: ec.Public(), KeyID: "ec", Algorithm: "ES256", Use: "sig"},
			{Key: made.key.Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"},
		}})
	}))
	t.Cleanup(made.Close)
	return made
}

func (i *issuer) fail(handler http.HandlerFunc) { i.instead.Store(&handler) }

// sign makes a token by hand, so that it can have any header.
func sign(key crypto.Signer, header, claims map[string]any) string {
	encode := func(value any) string {
		text, _ := json.Marshal(value)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := encode(header) + "." + encode(claims)
	sum := crypto.SHA256.New()
	sum.Write([]byte(input))
	signature, err := key.Sign(rand.Reader, sum.Sum(nil), crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (d *door) claims() map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"iss": d.issuer.URL, "aud": "https://" + host, "exp": now + 300, "iat": now, "nbf": now, "sub": "SECRET-subject",
	}
}

func (d *door) token() string {
	return sign(d.issuer.key, map[string]any{"alg": "RS256", "kid": keyID, "typ": "at+jwt"}, d.claims())
}

// door is a running door with its surroundings.
type door struct {
	*server.Server
	config *config.Config
	lambda *lambdaStandIn
	issuer *issuer
	output *output
	roots  *x509.CertPool
	files  string
	// Connections that clients of HTTP opened.
	dials atomic.Int64
}

// output keeps the lines of the log.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// firewall blocks what the tests send to it.
type firewall struct{}

func (firewall) Inspect(request waf.Request) (waf.Verdict, error) {
	switch {
	case strings.Contains(request.Query, "attack"):
		return waf.Verdict{Blocked: true, Status: 403, RuleID: 942100, Severity: "critical", Variable: "ARGS"}, nil
	case strings.Contains(request.Query, "panic"):
		panic("SECRET of a panic")
	case strings.Contains(request.Query, "broken"):
		return waf.Verdict{}, fmt.Errorf("SECRET of an error")
	}
	return waf.Verdict{}, nil
}

func testConfig(issuerURL, files string) *config.Config {
	answers := map[string]config.Answer{}
	for name, status := range map[string]int{
		"notFound": 404, "unreadable": 400, "unauthorized": 401, "forbidden": 403, "refused": 403, "slow": 408,
		"tooLarge": 413, "tooLong": 414, "tooMany": 429, "unavailable": 503, "methodRefused": 405, "headersTooLarge": 431,
	} {
		headers := map[string]string{"content-type": "application/problem+json", "cache-control": "no-store"}
		switch status {
		case 429:
			headers["retry-after"] = "300"
		case 503:
			headers["retry-after"] = "2"
		}
		answers[name] = config.Answer{Status: status, Headers: headers,
			Problem: config.Problem{Type: "about:blank", Title: "Refused: " + name, Status: status}}
	}
	target := func(name string) config.Target {
		return config.Target{
			ARN:            "arn:aws:lambda:eu-west-1:123456789012:function:postern-test-" + name + ":live",
			TargetGroupARN: "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/postern-test-" + name + "/door",
			TimeoutSeconds: 30,
		}
	}
	check := config.Check{Issuer: issuerURL, JwksURI: issuerURL + "/keys", Claims: []config.Claim{
		{Name: "aud", Format: "single-string", Values: []string{"https://" + host}},
	}}
	return &config.Config{
		Version: 1, Environment: "test", Host: host,
		Functions: map[string]config.Target{
			"receive": target("receive"), "create-task": target("create-task"), "tasks": target("tasks"),
			"metadata": target("metadata"), "handshake": target("handshake"),
		},
		Rules: []config.Rule{
			{Paths: []string{"/v1/tasks"}, Methods: []string{"POST"}, Function: "create-task", Check: "sender", Profile: "other", BodyBytes: 65536},
			{Paths: []string{"/v1/results", "/v1/results/*", "/c/*"}, Function: "receive", Check: "none", Profile: "callback", BodyBytes: 1048576},
			{Paths: []string{"/v1/tasks", "/v1/tasks/*"}, Function: "tasks", Check: "sender", Profile: "other", BodyBytes: 16384},
			{Paths: []string{"/v1/handshake"}, Function: "handshake", Check: "none", Profile: "other", BodyBytes: 4096},
			{Paths: []string{"/.well-known/*"}, Function: "metadata", Check: "none", Profile: "other", BodyBytes: 1048576},
		},
		Checks: map[string]config.Check{"sender": check},
		Limits: config.Limits{
			LineBytes: 16384, HeaderBytes: 65536, PathBytes: 4096, BodyBytes: 1048576, ResultBytes: 1048576,
			ProxyHeaderSeconds: 5, TLSHandshakeSeconds: 10, HeaderReadSeconds: 10, BodyReadSeconds: 30, AnswerWriteSeconds: 30,
			DiscardBytes: 32 << 20, DiscardSeconds: 10,
			IdleSeconds: 60, KeepAliveSeconds: 300, DrainSeconds: 60, Connections: 4096, ConnectionsPerAddress: 512, Streams: 128,
			Requests: 256, RequestsPerAddress: 256, CertificateReloadSeconds: 3600, KeysSeconds: 300, KeysCooldownSeconds: 30, KeysFetchSeconds: 3,
			KeysBytes: 65536, RetryAfterSeconds: 2,
		},
		Rates: config.Rates{
			WindowSeconds: 300, Callbacks: 100000, CallbackPath: 100000, Others: 100000, Handshake: 100000,
			HandshakePath: "/v1/handshake", Keys: 1000,
		},
		WAF:           config.WAF{Directives: "SecRuleEngine On"},
		AnswerHeaders: map[string]string{"strict-transport-security": "max-age=63072000"},
		Answers:       answers,
		Certificate: config.Certificate{
			CertificateFile: filepath.Join(files, "certificate.pem"), PrivateKeyFile: filepath.Join(files, "key.pem"),
		},
		Metrics: config.Metrics{Namespace: "Postern", EnvironmentDimension: "Environment"},
	}
}

type change func(*server.Options)

func with(set func(*config.Config)) change {
	return func(options *server.Options) { set(options.Config) }
}

func startDoor(t *testing.T, changes ...change) *door {
	t.Helper()
	d := &door{lambda: newLambda(t), issuer: newIssuer(t), output: &output{}, roots: x509.NewCertPool(), files: t.TempDir()}
	d.writeCertificate(t, host, time.Now().Add(90*24*time.Hour))
	d.config = testConfig(d.issuer.URL, d.files)
	options := server.Options{
		Config: d.config, Address: "127.0.0.1", Now: time.Now, Firewall: firewall{},
		AWS: aws.Config{
			Region: "eu-west-1", BaseEndpoint: aws.String(d.lambda.URL),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "SECRET-key", ""),
		},
	}
	for _, apply := range changes {
		apply(&options)
	}
	text, err := json.Marshal(options.Config)
	if err != nil {
		t.Fatal(err)
	}
	if options.Config, err = config.Parse(text); err != nil {
		t.Fatal(err)
	}
	options.Logger = logs.New(options.Config.Environment, options.Config.Metrics, d.output, options.Now)
	started, err := server.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	d.Server = started
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = started.Stop(ctx)
		options.Logger.Close()
		for _, secret := range []string{"SECRET", "/v1/", "/c/", "eyJ", "Bearer"} {
			if strings.Contains(d.output.String(), secret) {
				t.Errorf("the log has %q in it:\n%s", secret, d.output.String())
			}
		}
	})
	return d
}

var _ front.Inspector = firewall{}

// writeCertificate replaces the files of the certificate.
func (d *door) writeCertificate(t *testing.T, name string, expires time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-90 * 24 * time.Hour), NotAfter: expires, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, bytes []byte) {
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
		if err := os.WriteFile(filepath.Join(d.files, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("certificate.pem", "CERTIFICATE", der)
	write("key.pem", "PRIVATE KEY", keyDER)
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	d.roots.AddCert(certificate)
	return certificate
}

// proxyHeader is that of the load balancer for a client.
func proxyHeader(address string) []byte {
	header := &proxyproto.Header{
		Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.TCPv4,
		SourceAddr:      &net.TCPAddr{IP: net.ParseIP(address), Port: 51234},
		DestinationAddr: &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 443},
	}
	if net.ParseIP(address).To4() == nil {
		header.TransportProtocol = proxyproto.TCPv6
		header.DestinationAddr = &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 443}
	}
	text, err := header.Format()
	if err != nil {
		panic(err)
	}
	return text
}

// dial opens TCP and sends the given bytes first.
func (d *door) dial(t *testing.T, first []byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", d.TLSAddress.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Write(first); err != nil {
		t.Fatal(err)
	}
	return conn
}

// secure opens TLS as a client at this address.
func (d *door) secure(t *testing.T, address string, protocols ...string) *tls.Conn {
	t.Helper()
	conn := tls.Client(d.dial(t, proxyHeader(address)), &tls.Config{RootCAs: d.roots, ServerName: host, NextProtos: protocols})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// client is an HTTP client at this address.
func (d *door) client(t *testing.T, address string, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: d.roots, ServerName: host},
		Protocols:       &http.Protocols{},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			d.dials.Add(1)
			conn, err := (&net.Dialer{}).DialContext(ctx, network, d.TLSAddress.String())
			if err != nil {
				return nil, err
			}
			_, err = conn.Write(proxyHeader(address))
			return conn, err
		},
		DisableCompression: true,
	}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type reply struct {
	status  int
	headers http.Header
	body    string
	// True if the connection ends after it.
	closes bool
}

func (d *door) send(t *testing.T, client *http.Client, method, target, body string, headers ...string) reply {
	t.Helper()
	address, err := url.Parse("https://" + host + target)
	if err != nil {
		t.Fatal(err)
	}
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address.String(), reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		request.Header[headers[i]] = append(request.Header[headers[i]], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{status: response.StatusCode, headers: response.Header, body: string(text)}
}

// raw sends bytes over TLS and reads one response. The status is 0 if the connection ends without one.
func (d *door) raw(t *testing.T, text string) reply {
	t.Helper()
	conn := d.secure(t, clientAddress)
	go func() { _, _ = io.WriteString(conn, text) }()
	return readReply(t, bufio.NewReader(conn))
}

func readReply(t *testing.T, reader *bufio.Reader) reply {
	t.Helper()
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return reply{}
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, headers: response.Header, body: string(body), closes: response.Close}
}

// said waits until one line of the log has each of the texts.
func (d *door) said(t *testing.T, texts ...string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		for line := range strings.SplitSeq(d.output.String(), "\n") {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line has all of %q: %s", texts, d.output.String())
		}
	}
}

// lines are those of requests in the log, once there are so many.
func (d *door) lines(t *testing.T, count int) []map[string]any {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		var found []map[string]any
		for text := range strings.Lines(d.output.String()) {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("a line is not JSON: %s", text)
			}
			if line["message"] == "request" {
				found = append(found, line)
			}
		}
		if len(found) >= count || time.Now().After(deadline) {
			return found
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func render(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
