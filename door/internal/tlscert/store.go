// Package tlscert keeps the certificate of the door, and replaces it without a restart.
package tlscert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// Source returns a chain and its private key, both PEM.
type Source func(ctx context.Context) (certificate, privateKey []byte, err error)

// Files reads a chain and a key from files.
func Files(certificateFile, privateKeyFile string) Source {
	return func(context.Context) ([]byte, []byte, error) {
		certificate, err := os.ReadFile(certificateFile)
		if err != nil {
			return nil, nil, fmt.Errorf("the certificate is not readable: %w", err)
		}
		privateKey, err := os.ReadFile(privateKeyFile)
		if err != nil {
			return nil, nil, fmt.Errorf("the private key is not readable: %w", err)
		}
		return certificate, privateKey, nil
	}
}

// Secret reads a secret whose text is JSON with the members certificate and privateKey.
func Secret(id string, get func(ctx context.Context, id string) (string, error)) Source {
	return func(ctx context.Context) ([]byte, []byte, error) {
		text, err := get(ctx, id)
		if err != nil {
			return nil, nil, fmt.Errorf("the secret %s is not readable: %w", id, err)
		}
		var secret struct {
			Certificate string `json:"certificate"`
			PrivateKey  string `json:"privateKey"`
		}
		// The error of the decoder can have a character of the key.
		if json.Unmarshal([]byte(text), &secret) != nil || secret.Certificate == "" || secret.PrivateKey == "" {
			return nil, nil, fmt.Errorf(
				`the secret %s is not JSON with the texts "certificate" and "privateKey". Write both as PEM`, id)
		}
		return []byte(secret.Certificate), []byte(secret.PrivateKey), nil
	}
}

// Store has the certificate that new connections get.
type Store struct {
	source  Source
	host    string
	now     func() time.Time
	current atomic.Pointer[tls.Certificate]
}

// NewStore has no certificate before the first Load.
func NewStore(source Source, host string, now func() time.Time) *Store {
	return &Store{source: source, host: host, now: now}
}

// Load replaces the certificate. If there is an error, the store keeps the one that it has.
func (s *Store) Load(ctx context.Context) error {
	certificatePEM, keyPEM, err := s.source(ctx)
	if err != nil {
		return err
	}
	// The errors of this function name blocks of PEM and kinds of keys, and have no contents.
	certificate, err := tls.X509KeyPair(certificatePEM, keyPEM)
	if err != nil {
		return fmt.Errorf("the certificate and the private key do not make a pair: %w", err)
	}
	leaf := certificate.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(certificate.Certificate[0]); err != nil {
			return fmt.Errorf("the certificate is not readable: %w", err)
		}
		certificate.Leaf = leaf
	}
	if err := leaf.VerifyHostname(s.host); err != nil {
		return fmt.Errorf("the certificate is not for the host: %w", err)
	}
	// At the start an expired certificate is better than none: clients then say what is wrong, and the alarm is on.
	if now := s.now(); s.current.Load() != nil && (now.After(leaf.NotAfter) || now.Before(leaf.NotBefore)) {
		return fmt.Errorf("the certificate is valid from %s to %s, and not now",
			leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	s.current.Store(&certificate)
	return nil
}

// Days until the certificate expires. Negative if it has.
func (s *Store) Days() float64 {
	certificate := s.current.Load()
	if certificate == nil {
		return -1
	}
	return certificate.Leaf.NotAfter.Sub(s.now()).Hours() / 24
}

var errNoCertificate = errors.New("no certificate is loaded")

// Get is for tls.Config.GetCertificate.
func (s *Store) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if certificate := s.current.Load(); certificate != nil {
		return certificate, nil
	}
	return nil, errNoCertificate
}

// Ready is true if there is a certificate.
func (s *Store) Ready() bool { return s.current.Load() != nil }
