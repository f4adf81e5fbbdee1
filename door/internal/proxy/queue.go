package proxy

import (
	"net"
	"sync"
)

// Queue is a listener of connections that were accepted elsewhere.
type Queue struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  net.Addr
}

// NewQueue has the address of the listener that accepts.
func NewQueue(addr net.Addr) *Queue {
	return &Queue{conns: make(chan net.Conn), done: make(chan struct{}), addr: addr}
}

// Put hands a connection to the server. It is closed if the server has stopped.
func (q *Queue) Put(conn net.Conn) {
	select {
	case q.conns <- conn:
	case <-q.done:
		_ = conn.Close()
	}
}

// Accept implements net.Listener.
func (q *Queue) Accept() (net.Conn, error) {
	select {
	case conn := <-q.conns:
		return conn, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (q *Queue) Close() error {
	q.once.Do(func() { close(q.done) })
	return nil
}

// Addr implements net.Listener.
func (q *Queue) Addr() net.Addr { return q.addr }
