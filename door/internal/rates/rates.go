// Package rates counts the requests of a key in a sliding window.
package rates

import (
	"container/list"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// The window moves in steps of a tenth: a request counts for at most the window, and for at least nine tenths of it.
const slices = 10

// Counter counts requests of many keys. Above its number of keys it forgets the one that was used longest ago.
type Counter struct {
	limit  uint32
	keys   int
	slice  time.Duration
	mutex  sync.Mutex
	latest *list.List
	byKey  map[string]*list.Element
}

type entry struct {
	key    string
	newest int64
	counts [slices]uint32
}

// New counts up to limit requests in the window.
func New(limit int, window time.Duration, keys int) *Counter {
	return &Counter{
		limit: uint32(limit), keys: keys, slice: window / slices, latest: list.New(), byKey: map[string]*list.Element{},
	}
}

// Allow counts a request cost times and returns true if it is within the limit. A refused request counts too, as it does for AWS WAF:
// after one window without requests the key is free again.
func (c *Counter) Allow(key string, now time.Time, cost uint32) bool {
	slice := now.UnixNano() / int64(c.slice)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, found := c.byKey[key]
	if found {
		c.latest.MoveToFront(element)
	} else {
		if len(c.byKey) >= c.keys {
			oldest := c.latest.Back()
			delete(c.byKey, oldest.Value.(*entry).key)
			c.latest.Remove(oldest)
		}
		element = c.latest.PushFront(&entry{key: key, newest: slice})
		c.byKey[key] = element
	}
	return element.Value.(*entry).count(slice, cost) <= c.limit
}

// count adds a request of this cost and returns the sum of the window. It stops before the numbers overflow.
func (e *entry) count(slice int64, cost uint32) uint32 {
	for ; e.newest < slice; e.newest++ {
		if slice-e.newest >= slices {
			e.counts = [slices]uint32{}
			e.newest = slice
			break
		}
		e.counts[(e.newest+1)%slices] = 0
	}
	if place := &e.counts[e.newest%slices]; *place < 1<<27 {
		*place += cost
	}
	var sum uint32
	for _, count := range e.counts {
		sum += count
	}
	return sum
}

// Len is the number of keys that are counted.
func (c *Counter) Len() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.byKey)
}

// AddressKey is the key of an address. One line has a whole /64 of IPv6, so that it is one key.
func AddressKey(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		bytes := address.As16()
		return string(bytes[:8])
	}
	bytes := address.As4()
	return string(bytes[:])
}

// Hasher hashes paths with a key that only this process has: a path can be a secret.
type Hasher struct{ key []byte }

// NewHasher draws a key.
func NewHasher() (*Hasher, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return &Hasher{key: key}, err
}

// Key is the key of an address and a path.
func (h *Hasher) Key(address netip.Addr, path string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(AddressKey(address)))
	mac.Write([]byte{0})
	mac.Write([]byte(path))
	return string(mac.Sum(nil)[:16])
}
