// Package proxy accepts connections of a Network Load Balancer: PROXY protocol version 2, then TLS.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
)

// Limits of connections.
type Limits struct {
	Connections int
	// Of one address, by its key.
	ConnectionsPerAddress int
	AddressKey            func(netip.Addr) string
	HeaderTime            time.Duration
	HandshakeTime         time.Duration
}

// Conn is a connection whose TLS handshake is done.
type Conn struct {
	*tls.Conn
	Accepted time.Time
}

var (
	errVersion = errors.New("the PROXY header has another version than 2")
	errCommand = errors.New("the PROXY header names no client over TCP")
)

// onlyClients accepts headers of version 2 about a client over TCP. LOCAL is a connection of the load balancer's own:
// it checks the health at another port.
func onlyClients(header *proxyproto.Header) error {
	if header.Version != 2 {
		return errVersion
	}
	if !header.Command.IsProxy() ||
		(header.TransportProtocol != proxyproto.TCPv4 && header.TransportProtocol != proxyproto.TCPv6) {
		return errCommand
	}
	return nil
}

// Acceptor takes connections from a listener and gives those with a PROXY header and TLS to its queues.
type Acceptor struct {
	listener net.Listener
	limits   Limits
	tls      *tls.Config
	open     atomic.Int64
	// Handle gets each connection. It must not block.
	handle func(*Conn)
	done   chan struct{}
	once   sync.Once

	full, ofAddress, unsecured atomic.Int64

	mutex sync.Mutex
	// Open connections by the key of their address.
	addresses map[string]int
}

// Refused are numbers of connections that were closed without an answer.
type Refused struct {
	// The door had too many connections, or too many of the address.
	Full, OfAddress int64
	// There was no PROXY header, or the TLS handshake failed.
	Unsecured int64
}

// Refused returns the numbers since the last call.
func (a *Acceptor) Refused() Refused {
	return Refused{Full: a.full.Swap(0), OfAddress: a.ofAddress.Swap(0), Unsecured: a.unsecured.Swap(0)}
}

// NewAcceptor accepts connections once Run is called.
func NewAcceptor(listener net.Listener, config *tls.Config, limits Limits, handle func(*Conn)) *Acceptor {
	return &Acceptor{
		listener: listener, limits: limits, tls: config, handle: handle, done: make(chan struct{}),
		addresses: map[string]int{},
	}
}

// Open is the number of open connections.
func (a *Acceptor) Open() int64 { return a.open.Load() }

// Close stops to accept.
func (a *Acceptor) Close() error {
	a.once.Do(func() { close(a.done) })
	return a.listener.Close()
}

// Run accepts until Close. It returns the error of a listener that cannot go on.
func (a *Acceptor) Run() error {
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			select {
			case <-a.done:
				return nil
			default:
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			// For instance: no free file descriptor. Others become free.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if a.open.Add(1) > int64(a.limits.Connections) {
			a.open.Add(-1)
			a.full.Add(1)
			_ = conn.Close()
			continue
		}
		go a.greet(&counted{Conn: conn, onClose: func() { a.open.Add(-1) }})
	}
}

// greet reads the PROXY header and shakes hands. A connection that does not get so far is closed without a word.
func (a *Acceptor) greet(conn *counted) {
	greeted, counter := false, &a.unsecured
	defer func() {
		// A panic of a library must not end the process.
		_ = recover()
		if !greeted {
			counter.Add(1)
			_ = conn.Close()
		}
	}()
	proxied := proxyproto.NewConn(conn,
		proxyproto.WithPolicy(proxyproto.REQUIRE),
		proxyproto.ValidateHeader(onlyClients),
		proxyproto.SetReadHeaderTimeout(a.limits.HeaderTime))
	if proxied.ProxyHeader() == nil {
		return
	}
	client, err := netip.ParseAddrPort(proxied.RemoteAddr().String())
	if err != nil {
		return
	}
	if !a.enter(a.limits.AddressKey(client.Addr()), conn) {
		counter = &a.ofAddress
		return
	}
	secured := tls.Server(proxied, a.tls)
	ctx, cancel := context.WithTimeout(context.Background(), a.limits.HandshakeTime)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		return
	}
	greeted = true
	a.handle(&Conn{Conn: secured, Accepted: time.Now()})
}

// enter counts a connection of an address until it is closed. It returns false if the address has too many.
func (a *Acceptor) enter(key string, conn *counted) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.addresses[key] >= a.limits.ConnectionsPerAddress {
		return false
	}
	a.addresses[key]++
	before := conn.onClose
	conn.onClose = func() {
		before()
		a.mutex.Lock()
		defer a.mutex.Unlock()
		if a.addresses[key]--; a.addresses[key] == 0 {
			delete(a.addresses, key)
		}
	}
	return true
}

// counted gives its place back when it is closed.
type counted struct {
	net.Conn
	onClose func()
	once    sync.Once
}

func (c *counted) Close() error {
	c.once.Do(c.onClose)
	return c.Conn.Close()
}
