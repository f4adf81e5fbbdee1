package rates

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

var start = time.Unix(1_800_000_000, 0)

func allowed(counter *Counter, key string, at time.Time, requests int) int {
	count := 0
	for range requests {
		if counter.Allow(key, at, 1) {
			count++
		}
	}
	return count
}

func TestTheLimitIsTheLastRequestThatPasses(t *testing.T) {
	counter := New(20, 300*time.Second, 10)
	if got := allowed(counter, "a", start, 25); got != 20 {
		t.Errorf("%d requests passed, want 20", got)
	}
	if got := allowed(counter, "b", start, 25); got != 20 {
		t.Errorf("%d requests of another key passed, want 20", got)
	}
}

func TestAfterOneWindowWithoutRequestsTheKeyIsFree(t *testing.T) {
	for _, offset := range []time.Duration{0, time.Second, 29 * time.Second, 299 * time.Second} {
		counter := New(20, 300*time.Second, 10)
		allowed(counter, "a", start.Add(offset), 100)
		if got := allowed(counter, "a", start.Add(offset+269*time.Second), 1); got != 0 {
			t.Errorf("after 269 seconds a request passed")
		}
		counter = New(20, 300*time.Second, 10)
		allowed(counter, "a", start.Add(offset), 100)
		if got := allowed(counter, "a", start.Add(offset+300*time.Second), 25); got != 20 {
			t.Errorf("after 300 seconds %d requests passed, want 20", got)
		}
	}
}

func TestRefusedRequestsKeepTheKeyRefused(t *testing.T) {
	counter := New(20, 300*time.Second, 10)
	allowed(counter, "a", start, 21)
	for second := 30; second <= 3000; second += 30 {
		if got := allowed(counter, "a", start.Add(time.Duration(second)*time.Second), 21); got != 0 {
			t.Fatalf("after %d seconds %d requests passed", second, got)
		}
	}
}

// In any window at most the limit and what came within a tenth of it can pass.
func TestNoWindowHasMoreThanTheLimit(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	for range 50 {
		counter := New(50, 300*time.Second, 10)
		var passed []time.Time
		at := start
		for range 2000 {
			at = at.Add(time.Duration(random.IntN(20)) * time.Second / 2)
			if counter.Allow("a", at, 1) {
				passed = append(passed, at)
			}
		}
		for i := range passed {
			count := 0
			for _, other := range passed[i:] {
				if other.Sub(passed[i]) < 270*time.Second {
					count++
				}
			}
			if count > 50 {
				t.Fatalf("seed %d: %d requests passed in 270 seconds", seed, count)
			}
		}
	}
}

func TestKeysAreBounded(t *testing.T) {
	counter := New(1, 300*time.Second, 100)
	for i := range 10000 {
		counter.Allow(fmt.Sprint(i), start, 1)
		// This key is used all the time, so it is not forgotten.
		if counter.Allow("busy", start, 1) != (i == 0) {
			t.Fatalf("the busy key was forgotten after %d others", i)
		}
		if counter.Len() > 100 {
			t.Fatalf("there are %d keys", counter.Len())
		}
	}
}

func TestTheClockMayGoBack(t *testing.T) {
	counter := New(1, 300*time.Second, 10)
	counter.Allow("a", start, 1)
	if counter.Allow("a", start.Add(-time.Hour), 1) {
		t.Error("a request of the past passed")
	}
}

func TestOneKeyForALineOfIPv6(t *testing.T) {
	key := func(text string) string { return AddressKey(netip.MustParseAddr(text)) }
	if key("2001:db8:1:2::1") != key("2001:db8:1:2:ffff::9") || key("2001:db8:1:2::1") == key("2001:db8:1:3::1") {
		t.Error("the key of IPv6 is not its /64")
	}
	if key("192.0.2.1") != key("::ffff:192.0.2.1") || key("192.0.2.1") == key("192.0.2.2") {
		t.Error("the key of IPv4 is not the address")
	}
}

func TestHashesOfPathsDependOnTheProcess(t *testing.T) {
	first, _ := NewHasher()
	second, _ := NewHasher()
	address := netip.MustParseAddr("192.0.2.1")
	again := first.Key(address, "/a")
	if first.Key(address, "/a") != again || first.Key(address, "/a") == first.Key(address, "/b") ||
		first.Key(address, "/a") == first.Key(netip.MustParseAddr("192.0.2.2"), "/a") || first.Key(address, "/a") == second.Key(address, "/a") {
		t.Error("the keys are not those of address, path and process")
	}
}

func BenchmarkAllow(b *testing.B) {
	counter := New(1000, 300*time.Second, 100000)
	hasher, _ := NewHasher()
	address := netip.MustParseAddr("192.0.2.1")
	for i := 0; b.Loop(); i++ {
		counter.Allow(hasher.Key(address, fmt.Sprint(i)), start, 1)
	}
}
