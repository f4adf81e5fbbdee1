package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"door/internal/config"
)

// The test's own program is the door if this variable is set, so that signals reach a real process.
const asDoor = "DOOR_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(asDoor) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func door(t *testing.T, configuration string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0], args...)
	command.Env = []string{asDoor + "=1", "AWS_REGION=eu-west-1", "DOOR_CONFIG=" + configuration}
	return command
}

func TestAConfigurationThatIsNoGoodEndsTheStart(t *testing.T) {
	for name, test := range map[string]struct {
		configuration string
		args          []string
		want          string
		code          int
	}{
		"none":            {"", nil, "there is no configuration. Set DOOR_CONFIG", 1},
		"no JSON":         {"{", nil, "the configuration is not readable", 1},
		"another version": {`{"version":2}`, nil, "version is 2; expected 1", 1},
		"no file":         {"", []string{"--config", "/nowhere"}, "no such file", 1},
		"unknown flag":    {"", []string{"--port", "1"}, "flag provided but not defined", 2},
	} {
		t.Run(name, func(t *testing.T) {
			command := door(t, test.configuration, test.args...)
			output, err := command.CombinedOutput()
			if err == nil || command.ProcessState.ExitCode() != test.code || !strings.Contains(string(output), test.want) {
				t.Errorf("exit %d with %s", command.ProcessState.ExitCode(), output)
			}
		})
	}
}

func TestSIGTERMEndsTheDoorWithCode0(t *testing.T) {
	folder := t.TempDir()
	writeCertificate(t, folder)
	var sample config.Config
	text, err := os.ReadFile("testdata/config.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &sample); err != nil {
		t.Fatal(err)
	}
	sample.Certificate = config.Certificate{
		CertificateFile: filepath.Join(folder, "certificate.pem"), PrivateKeyFile: filepath.Join(folder, "key.pem"),
	}
	configuration, _ := json.Marshal(sample)
	command := door(t, string(configuration), "--address", "127.0.0.1")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	next := func(message string) map[string]any {
		for lines.Scan() {
			var line map[string]any
			if json.Unmarshal(lines.Bytes(), &line) == nil && line["message"] == message {
				return line
			}
		}
		t.Fatalf("the line %q did not come; the door wrote %s", message, stderr.String())
		return nil
	}
	listening := next("listening")
	response, err := http.Get("http://" + listening["health"].(string) + "/healthz")
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("the health is %v, %v", response, err)
	}
	_ = response.Body.Close()
	// It looks at the certificate again and goes on.
	_ = command.Process.Signal(syscall.SIGHUP)
	next("certificate")
	_ = command.Process.Signal(syscall.SIGTERM)
	next("stopped")
	if err := command.Wait(); err != nil {
		t.Errorf("the door ended with %v: %s", err, stderr.String())
	}
}

func writeCertificate(t *testing.T, folder string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"callbacks.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"certificate.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
