package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/pires/go-proxyproto"

	"door/internal/config"
	"door/internal/server"
)

// answerBytes are all bytes that come before the connection ends.
func answerBytes(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	text, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("the connection did not end: %v", err)
	}
	return text
}

func TestWithoutAPROXYHeaderOfAClientNoByteIsAnswered(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) { c.Limits.ProxyHeaderSeconds = 1 }))
	t.Run("the header", func(t *testing.T) { refusedHeaders(t, d) })
	if calls := d.lambda.calls.Load(); calls != 0 {
		t.Errorf("functions were called %d times", calls)
	}
}

func refusedHeaders(t *testing.T, d *door) {
	hello := clientHello(t)
	valid := proxyHeader(clientAddress)
	changed := func(at int, value byte) []byte {
		header := bytes.Clone(valid)
		header[at] = value
		return header
	}
	local, _ := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).Format()
	long := append(bytes.Clone(valid[:14]), 0xff, 0xff)
	for name, first := range map[string][]byte{
		"TLS at once":                nil,
		"HTTP in clear":              []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
		"the header twice":           append(bytes.Clone(valid), valid...),
		"version 1":                  []byte("PROXY TCP4 198.51.100.23 192.0.2.1 51234 443\r\n"),
		"version 1 of unknown":       []byte("PROXY UNKNOWN\r\n"),
		"version 1 after version 2":  append(bytes.Clone(valid), []byte("PROXY TCP4 198.51.100.23 192.0.2.1 51234 443\r\n")...),
		"LOCAL":                      local,
		"LOCAL with addresses":       changed(12, 0x20),
		"an unknown version":         changed(12, 0x31),
		"an unknown command":         changed(12, 0x22),
		"UDP":                        changed(13, 0x12),
		"an unspecified family":      changed(13, 0x00),
		"a Unix socket":              changed(13, 0x31),
		"an unknown family":          changed(13, 0x51),
		"a length that is too short": changed(15, 0x04),
		"a length of 65,535":         append(long, bytes.Repeat([]byte{0}, 65535)...),
		"another signature":          changed(3, 'X'),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := d.dial(t, append(bytes.Clone(first), hello...))
			if text := answerBytes(t, conn); len(text) > 0 {
				t.Errorf("the door answered %q", text)
			}
		})
	}
	for _, size := range []int{0, 1, 11, 12, 13, 15, 16, 27} {
		t.Run(fmt.Sprintf("only %d bytes of it", size), func(t *testing.T) {
			t.Parallel()
			conn := d.dial(t, valid[:size])
			if text := answerBytes(t, conn); len(text) > 0 {
				t.Errorf("the door answered %q", text)
			}
		})
	}
}

// clientHello is the first message of TLS.
func clientHello(t *testing.T) []byte {
	t.Helper()
	client, served := net.Pipe()
	defer served.Close()
	go func() { _ = tls.Client(client, &tls.Config{ServerName: host}).Handshake() }()
	header := make([]byte, 5)
	if _, err := io.ReadFull(served, header); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint16(header[3:]))
	if _, err := io.ReadFull(served, body); err != nil {
		t.Fatal(err)
	}
	return append(header, body...)
}

func TestAPROXYHeaderMayComeInPiecesAndHaveTLVs(t *testing.T) {
	d := startDoor(t)
	header := &proxyproto.Header{
		Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.TCPv6,
		SourceAddr:      &net.TCPAddr{IP: net.ParseIP("2001:db8::23"), Port: 51234},
		DestinationAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 443},
	}
	// The load balancer's own type, with the id of an endpoint.
	if err := header.SetTLVs([]proxyproto.TLV{{Type: 0xEA, Value: []byte("\x01vpce-08d2bf15fac5001c9")}}); err != nil {
		t.Fatal(err)
	}
	text, err := header.Format()
	if err != nil {
		t.Fatal(err)
	}
	conn := d.dial(t, nil)
	for _, b := range text {
		if _, err := conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	secured := tls.Client(conn, &tls.Config{RootCAs: d.roots, ServerName: host})
	if _, err := io.WriteString(secured, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := readReply(t, bufio.NewReader(secured)); got.status != 201 {
		t.Errorf("got %d", got.status)
	}
	if address := header0(d.lambda.last(t), "x-forwarded-for"); address != "2001:db8::23" {
		t.Errorf("the address is %v", address)
	}
}

func header0(event map[string]any, name string) any {
	values, _ := event["multiValueHeaders"].(map[string]any)[name].([]any)
	if len(values) != 1 {
		return values
	}
	return values[0]
}

func TestTheAddressIsWrittenAsIPv4IfItIsMapped(t *testing.T) {
	d := startDoor(t)
	header := &proxyproto.Header{
		Version: 2, Command: proxyproto.PROXY, TransportProtocol: proxyproto.TCPv6,
		SourceAddr:      &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 1},
		DestinationAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 443},
	}
	text, _ := header.Format()
	copy(text[16:32], net.ParseIP("198.51.100.23").To16())
	conn := tls.Client(d.dial(t, text), &tls.Config{RootCAs: d.roots, ServerName: host})
	_, _ = io.WriteString(conn, "POST "+callbackPath+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\n")
	if got := readReply(t, bufio.NewReader(conn)); got.status != 201 {
		t.Fatalf("got %d", got.status)
	}
	if address := header0(d.lambda.last(t), "x-forwarded-for"); address != clientAddress {
		t.Errorf("the address is %v", address)
	}
}

func TestTLSHasVersions12And13WithForwardSecrecy(t *testing.T) {
	d := startDoor(t)
	for name, test := range map[string]struct {
		config *tls.Config
		works  bool
	}{
		"TLS 1.3":           {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"TLS 1.2":           {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"TLS 1.1":           {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		"RSA key exchange":  {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, false},
		"CBC":               {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		"post-quantum":      {&tls.Config{CurvePreferences: []tls.CurveID{tls.X25519MLKEM768}}, true},
		"an unknown ALPN":   {&tls.Config{NextProtos: []string{"h3"}}, false},
		"no ALPN":           {&tls.Config{}, true},
		"h2 before 1.1":     {&tls.Config{NextProtos: []string{"h2", "http/1.1"}}, true},
		"another name":      {&tls.Config{ServerName: "other.example.com", InsecureSkipVerify: true}, true},
		"no name of a host": {&tls.Config{InsecureSkipVerify: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			settings := test.config.Clone()
			settings.RootCAs = d.roots
			if settings.ServerName == "" && !settings.InsecureSkipVerify {
				settings.ServerName = host
			}
			err := tls.Client(d.dial(t, proxyHeader(clientAddress)), settings).Handshake()
			if (err == nil) != test.works {
				t.Errorf("the handshake ends with %v", err)
			}
		})
	}
}

func TestASlowHandshakeEnds(t *testing.T) {
	t.Parallel()
	d := startDoor(t, with(func(c *config.Config) { c.Limits.TLSHandshakeSeconds = 1 }))
	conn := d.dial(t, append(proxyHeader(clientAddress), clientHello(t)[:40]...))
	if text := answerBytes(t, conn); len(text) > 0 {
		t.Errorf("the door answered %q", text)
	}
}

func certificateOf(t *testing.T, d *door) string {
	t.Helper()
	conn := tls.Client(d.dial(t, proxyHeader(clientAddress)), &tls.Config{InsecureSkipVerify: true})
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func TestACertificateIsReplacedWithoutARestart(t *testing.T) {
	d := startDoor(t)
	first := certificateOf(t, d)
	open := d.secure(t, clientAddress)
	second := d.writeCertificate(t, host, time.Now().Add(30*24*time.Hour)).SerialNumber.String()
	if certificateOf(t, d) != first {
		t.Error("the certificate was replaced before it was loaded")
	}
	d.Reload(t.Context())
	if certificateOf(t, d) != second {
		t.Error("the certificate was not replaced")
	}
	_, _ = io.WriteString(open, "GET /.well-known/x HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
	if got := readReply(t, bufio.NewReader(open)); got.status != 201 {
		t.Errorf("an open connection got %d", got.status)
	}
	if !strings.Contains(d.output.String(), `"DoorCertificateDays":29.9`) {
		t.Errorf("the log has no days: %s", d.output)
	}
}

func TestACertificateThatIsNoGoodDoesNotReplaceTheOldOne(t *testing.T) {
	d := startDoor(t)
	first := certificateOf(t, d)
	keyFile, certificateFile := filepath.Join(d.files, "key.pem"), filepath.Join(d.files, "certificate.pem")
	for name, spoil := range map[string]func(){
		"another key": func() {
			key, _ := os.ReadFile(keyFile)
			d.writeCertificate(t, host, time.Now().Add(time.Hour))
			_ = os.WriteFile(keyFile, key, 0o600)
		},
		"no PEM":           func() { _ = os.WriteFile(certificateFile, []byte("SECRET"), 0o600) },
		"an empty file":    func() { _ = os.WriteFile(keyFile, nil, 0o600) },
		"no file":          func() { _ = os.Remove(certificateFile) },
		"expired":          func() { d.writeCertificate(t, host, time.Now().Add(-time.Hour)) },
		"for another host": func() { d.writeCertificate(t, "other.example.com", time.Now().Add(time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			d.writeCertificate(t, host, time.Now().Add(time.Hour))
			before := strings.Count(d.output.String(), "the certificate was not replaced")
			spoil()
			d.Reload(t.Context())
			if certificateOf(t, d) != first {
				t.Error("the certificate was replaced")
			}
			for deadline := time.Now().Add(5 * time.Second); strings.Count(d.output.String(), "the certificate was not replaced") == before; {
				if time.Now().After(deadline) {
					t.Fatal("the log says nothing")
				}
			}
		})
	}
}

// secretsManager speaks the wire protocol of Secrets Manager's GetSecretValue.
func secretsManager(t *testing.T, secret func() (int, string)) *httptest.Server {
	t.Helper()
	standIn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || string(body) != `{"SecretId":"postern/test/door"}` {
			t.Errorf("unexpected request %s %s", r.Header.Get("X-Amz-Target"), body)
		}
		status, text := secret()
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(standIn.Close)
	return standIn
}

func TestTheCertificateComesFromSecretsManager(t *testing.T) {
	var status int
	var text string
	secrets := secretsManager(t, func() (int, string) { return status, text })
	d := startDoor(t)
	certificate, _ := os.ReadFile(filepath.Join(d.files, "certificate.pem"))
	key, _ := os.ReadFile(filepath.Join(d.files, "key.pem"))
	secretString := func(members map[string]string) string {
		return render(t, map[string]string{"Name": "postern/test/door", "SecretString": render(t, members)})
	}
	good := secretString(map[string]string{"certificate": string(certificate), "privateKey": string(key)})
	bySecret := func(options *server.Options) {
		options.Config.Certificate = config.Certificate{SecretID: "postern/test/door"}
		options.AWS.BaseEndpoint = aws.String(secrets.URL)
		options.AWS.RetryMaxAttempts = 1
	}
	status, text = 200, good
	other := startDoor(t, bySecret)
	if certificateOf(t, other) != certificateOf(t, d) {
		t.Error("the certificate is another one")
	}
	first := certificateOf(t, other)
	for name, broken := range map[string]struct {
		status int
		text   string
	}{
		"no secret":      {400, `{"__type":"ResourceNotFoundException","Message":"no"}`},
		"no permission":  {400, `{"__type":"AccessDeniedException","Message":"no"}`},
		"no JSON":        {200, `{"SecretString":"SECRET"}`},
		"a binary":       {200, `{"SecretBinary":"U0VDUkVU"}`},
		"no private key": {200, secretString(map[string]string{"certificate": string(certificate)})},
		"another key":    {200, secretString(map[string]string{"certificate": string(certificate), "privateKey": "SECRET"})},
	} {
		t.Run(name, func(t *testing.T) {
			status, text = broken.status, broken.text
			other.Reload(t.Context())
			if certificateOf(t, other) != first {
				t.Error("the certificate was replaced")
			}
			options := server.Options{Config: other.config, Address: "127.0.0.1", Now: time.Now, Firewall: firewall{}}
			options.AWS = aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(secrets.URL), RetryMaxAttempts: 1}
			if _, err := server.Start(t.Context(), options); err == nil {
				t.Error("a door started without a certificate")
			}
		})
	}
}

func TestConnectionsAreLimitedInAllAndForEachAddress(t *testing.T) {
	d := startDoor(t, with(func(c *config.Config) { c.Limits.Connections, c.Limits.ConnectionsPerAddress = 4, 2 }))
	handshake := func(address string) (net.Conn, error) {
		conn := tls.Client(d.dial(t, proxyHeader(address)), &tls.Config{RootCAs: d.roots, ServerName: host})
		return conn, conn.Handshake()
	}
	var conns []net.Conn
	for _, address := range []string{"198.51.100.1", "198.51.100.1", "2001:db8::1", "2001:db8::2"} {
		conn, err := handshake(address)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	if _, err := handshake("198.51.100.9"); err == nil {
		t.Error("there are 5 connections")
	}
	d.ReportConnections()
	d.said(t, `"DoorUnavailable":1`, `"full":1`, `"message":"connections refused"`)
	_ = conns[0].Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		// A place is free as soon as the door has seen the end.
		if conn, err := handshake("198.51.100.1"); err == nil {
			conns[0] = conn
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no place became free")
		}
	}
	_ = conns[3].Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if conn, err := handshake("198.51.100.77"); err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no place became free")
		}
	}
	if _, err := handshake("198.51.100.1"); err == nil {
		t.Error("one address has 3 connections")
	}
}

func TestHealthFailsWhenTheDoorStopsAndRequestsEnd(t *testing.T) {
	d := startDoor(t)
	health := func(first []byte) int {
		conn, err := net.Dial("tcp", d.HealthAddress.String())
		if err != nil {
			return 0
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Write(append(bytes.Clone(first), []byte("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")...))
		return readReply(t, bufio.NewReader(conn)).status
	}
	local, _ := (&proxyproto.Header{Version: 2, Command: proxyproto.LOCAL, TransportProtocol: proxyproto.UNSPEC}).Format()
	for name, first := range map[string][]byte{"no header": nil, "LOCAL": local, "PROXY": proxyHeader(clientAddress)} {
		if status := health(first); status != 200 {
			t.Errorf("with %s: %d", name, status)
		}
	}
	bothVersions(t, func(t *testing.T, http2 bool) {
		d := startDoor(t)
		entered, leave := make(chan struct{}), make(chan struct{})
		d.lambda.answer(func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			close(entered)
			<-leave
			writeResult(w, `{"statusCode":202,"body":"late"}`)
		})
		client := d.client(t, clientAddress, http2)
		replies := make(chan reply)
		go func() { replies <- d.send(t, client, "POST", callbackPath, "x") }()
		<-entered
		stopped := make(chan error)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			stopped <- d.Stop(ctx)
		}()
		for deadline := time.Now().Add(10 * time.Second); ; {
			conn, err := net.Dial("tcp", d.TLSAddress.String())
			if err != nil {
				break
			}
			_ = conn.Close()
			if time.Now().After(deadline) {
				t.Fatal("the door still accepts")
			}
		}
		response, err := http.Get("http://" + d.HealthAddress.String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != 503 {
			t.Errorf("the health is %d", response.StatusCode)
		}
		close(leave)
		if got := <-replies; got.status != 202 || got.body != "late" {
			t.Errorf("the open request got %d", got.status)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}
