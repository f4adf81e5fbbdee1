// Package server runs a door: its two ports, its certificate, and its end.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/pires/go-proxyproto"

	"door/internal/accesstoken"
	"door/internal/config"
	"door/internal/front"
	"door/internal/http1"
	"door/internal/invoke"
	"door/internal/logs"
	"door/internal/proxy"
	"door/internal/rates"
	"door/internal/tlscert"
	"door/internal/waf"
)

// Options of a door.
type Options struct {
	Config *config.Config
	AWS    aws.Config
	// Address on which both ports are opened. Empty: all.
	Address string
	Logger  *logs.Logger
	Now     func() time.Time
	// Replaces the rules of the configuration. For tests.
	Firewall front.Inspector
}

// Server is a door that listens.
type Server struct {
	options  Options
	store    *tlscert.Store
	acceptor *proxy.Acceptor
	queues   []*proxy.Queue
	servers  []*http.Server
	health   *http.Server
	// Addresses of the ports.
	TLSAddress, HealthAddress net.Addr
	draining                  atomic.Bool
	failed                    chan error
	stopped                   chan struct{}
}

// cipherSuites are those of TLS 1.2 with forward secrecy and authenticated encryption. TLS 1.3 has no others.
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Start loads the certificate, compiles the rules, and listens.
func Start(ctx context.Context, options Options) (*Server, error) {
	c := options.Config
	s := &Server{options: options, failed: make(chan error, 4), stopped: make(chan struct{})}
	s.store = tlscert.NewStore(certificateSource(c.Certificate, options.AWS), c.Host, options.Now)
	if err := s.store.Load(ctx); err != nil {
		return nil, err
	}
	firewall := options.Firewall
	if firewall == nil {
		compiled, err := waf.New(c.WAF.Directives)
		if err != nil {
			return nil, err
		}
		firewall = compiled
	}
	checkers := map[string]front.Checker{}
	for name, check := range c.Checks {
		checkers[name] = accesstoken.New(check, accesstoken.KeyLimits{
			Fresh: seconds(c.Limits.KeysSeconds), Cooldown: seconds(c.Limits.KeysCooldownSeconds),
			Fetch: seconds(c.Limits.KeysFetchSeconds), Bytes: c.Limits.KeysBytes,
		}, options.Now)
	}
	handler, err := front.New(front.Parts{
		Config: c, Firewall: firewall, Caller: invoke.New(options.AWS, c.Limits.Requests), Checkers: checkers,
		Logger: options.Logger, Now: options.Now,
	})
	if err != nil {
		return nil, err
	}
	if err := s.listen(handler); err != nil {
		return nil, err
	}
	go s.reload()
	return s, nil
}

func certificateSource(certificate config.Certificate, configured aws.Config) tlscert.Source {
	if certificate.SecretID == "" {
		return tlscert.Files(certificate.CertificateFile, certificate.PrivateKeyFile)
	}
	client := secretsmanager.NewFromConfig(configured)
	return tlscert.Secret(certificate.SecretID, func(ctx context.Context, id string) (string, error) {
		output, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		if err != nil {
			return "", err
		}
		return aws.ToString(output.SecretString), nil
	})
}

func (s *Server) listen(handler http.Handler) error {
	c := s.options.Config
	listener, err := net.Listen("tcp", net.JoinHostPort(s.options.Address, strconv.Itoa(c.Ports.TLS)))
	if err != nil {
		return err
	}
	healthListener, err := net.Listen("tcp", net.JoinHostPort(s.options.Address, strconv.Itoa(c.Ports.Health)))
	if err != nil {
		_ = listener.Close()
		return err
	}
	s.TLSAddress, s.HealthAddress = listener.Addr(), healthListener.Addr()

	h1, h2 := proxy.NewQueue(s.TLSAddress), proxy.NewQueue(s.TLSAddress)
	s.queues = []*proxy.Queue{h1, h2}
	s.acceptor = proxy.NewAcceptor(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, CipherSuites: cipherSuites, GetCertificate: s.store.Get, NextProtos: []string{"h2", "http/1.1"},
	}, proxy.Limits{
		Connections: c.Limits.Connections, ConnectionsPerAddress: c.Limits.ConnectionsPerAddress,
		HeaderTime: seconds(c.Limits.ProxyHeaderSeconds), HandshakeTime: seconds(c.Limits.TLSHandshakeSeconds),
		AddressKey: rates.AddressKey,
	}, func(conn *proxy.Conn) {
		if conn.ConnectionState().NegotiatedProtocol == "h2" {
			h2.Put(conn.Conn)
			return
		}
		h1.Put(&timed{Conn: http1.NewConn(conn.Conn, http1.Limits{
			LineBytes: c.Limits.LineBytes, HeaderBytes: c.Limits.HeaderBytes, HeadTime: seconds(c.Limits.HeaderReadSeconds),
		}), accepted: conn.Accepted})
	})

	h1Server := s.newServer(handler)
	h1Server.Protocols.SetHTTP1(true)
	h1Server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		own := conn.(*timed)
		return front.WithConn(ctx, front.ConnInfo{Accepted: own.accepted, HTTP1: own.Conn})
	}
	h2Server := s.newServer(handler)
	h2Server.Protocols.SetHTTP2(true)
	h2Server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: c.Limits.Streams}
	h2Server.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return front.WithConn(ctx, front.ConnInfo{Accepted: s.options.Now()})
	}
	s.servers = []*http.Server{h1Server, h2Server}
	s.health = s.newServer(http.HandlerFunc(s.serveHealth))
	s.health.Protocols.SetHTTP1(true)

	go s.run(func() error { return h1Server.Serve(h1) })
	go s.run(func() error { return h2Server.Serve(h2) })
	go s.run(s.acceptor.Run)
	go s.run(func() error {
		return s.health.Serve(&proxyproto.Listener{
			Listener: healthListener,
			// The load balancer sends the header with its checks, and a person with curl does not.
			ConnPolicy:        func(proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) { return proxyproto.USE, nil },
			ReadHeaderTimeout: seconds(c.Limits.ProxyHeaderSeconds),
		})
	})
	return nil
}

func (s *Server) newServer(handler http.Handler) *http.Server {
	limits := s.options.Config.Limits
	return &http.Server{
		Handler:           handler,
		Protocols:         &http.Protocols{},
		ReadHeaderTimeout: seconds(limits.IdleSeconds),
		IdleTimeout:       seconds(limits.IdleSeconds),
		// Above the limits of the door, whose own answer a larger request must get.
		MaxHeaderBytes: 2 * (limits.HeaderBytes + limits.LineBytes),
		// net/http writes addresses and parts of requests.
		ErrorLog: stdlog.New(io.Discard, "", 0),
	}
}

func (s *Server) run(serve func() error) {
	if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		s.failed <- err
	}
}

// Failed gets the error of a port that cannot go on.
func (s *Server) Failed() <-chan error { return s.failed }

// timed is a connection with the time of its acceptance.
type timed struct {
	*http1.Conn
	accepted time.Time
}

func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/healthz":
		w.WriteHeader(http.StatusNotFound)
	case s.draining.Load() || !s.store.Ready():
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		_, _ = io.WriteString(w, "ok\n")
	}
}

// Reload looks at the certificate again.
func (s *Server) Reload(ctx context.Context) {
	if err := s.store.Load(ctx); err != nil {
		s.options.Logger.Error("the certificate was not replaced", err)
	}
	s.options.Logger.CertificateDays(s.store.Days())
}

// ReportConnections writes how many connections were refused since the last call, if there were any.
func (s *Server) ReportConnections() {
	if refused := s.acceptor.Refused(); refused != (proxy.Refused{}) {
		s.options.Logger.RefusedConnections(refused.Full, refused.OfAddress, refused.Unsecured)
	}
}

func (s *Server) reload() {
	s.options.Logger.CertificateDays(s.store.Days())
	period := seconds(s.options.Config.Limits.CertificateReloadSeconds)
	ticker, minute := time.NewTicker(period), time.NewTicker(time.Minute)
	defer ticker.Stop()
	defer minute.Stop()
	for {
		select {
		case <-s.stopped:
			return
		case <-minute.C:
			s.ReportConnections()
		case <-ticker.C:
			ctx, cancel := context.WithTimeout(context.Background(), period)
			s.Reload(ctx)
			cancel()
		}
	}
}

// Stop fails the health check, accepts no more connections, and waits for the open requests.
func (s *Server) Stop(ctx context.Context) error {
	if s.draining.Swap(true) {
		return nil
	}
	close(s.stopped)
	errs := []error{s.acceptor.Close()}
	done := make(chan error)
	for _, server := range s.servers {
		go func() { done <- server.Shutdown(ctx) }()
	}
	for range s.servers {
		errs = append(errs, <-done)
	}
	for _, queue := range s.queues {
		_ = queue.Close()
	}
	for _, server := range s.servers {
		_ = server.Close()
	}
	return errors.Join(append(errs, s.health.Close())...)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
