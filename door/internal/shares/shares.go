// Package shares bounds what all requests of a task hold at a time, and what those of one address hold.
package shares

import "sync"

// Pool is a number of units. One address gets a part of them, so that it cannot take them away from the others.
type Pool struct {
	limit, ofAddress int64
	mutex            sync.Mutex
	taken            int64
	byKey            map[string]int64
}

// New makes a pool of limit units, of which one address has at most ofAddress.
func New(limit, ofAddress int64) *Pool {
	return &Pool{limit: limit, ofAddress: ofAddress, byKey: map[string]int64{}}
}

// Take takes n units for the key of an address. It returns false, and takes nothing, if they are not free.
func (p *Pool) Take(key string, n int64) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.taken+n > p.limit || p.byKey[key]+n > p.ofAddress {
		return false
	}
	p.taken += n
	if n > 0 {
		p.byKey[key] += n
	}
	return true
}

// Give returns n units of the key.
func (p *Pool) Give(key string, n int64) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.taken -= n
	if p.byKey[key] -= n; p.byKey[key] <= 0 {
		delete(p.byKey, key)
	}
}
