package accesstoken

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Smallest RSA key that may sign tokens (RFC 7518 §3.3).
const minKeyBits = 2048

// KeyLimits bound the requests for the keys of an issuer.
type KeyLimits struct {
	// Keys are fetched again after Fresh.
	Fresh time.Duration
	// An unknown key id starts at most one request in this time.
	Cooldown time.Duration
	// Longest request. After one that failed, the next may begin this long after its start: a short fault of the issuer must not
	// become a long one here.
	Fetch time.Duration
	Bytes int64
}

// keySet has the RSA keys of one issuer.
type keySet struct {
	uri    string
	limits KeyLimits
	client *http.Client
	now    func() time.Time

	mutex sync.Mutex
	keys  []jose.JSONWebKey
	// Time of the last request that succeeded, and of the last one at all.
	fetched, tried time.Time
	running        *fetch
}

// fetch is a request for the keys. All who need its keys wait for the same one.
type fetch struct {
	done chan struct{}
	err  error
}

var errKeys = errors.New("the keys of the issuer are not reachable")

// find returns the keys that may have signed a token with this key id. The error means that the keys are not known.
func (s *keySet) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	s.mutex.Lock()
	now := s.now()
	fresh := !s.fetched.IsZero() && now.Sub(s.fetched) < s.limits.Fresh
	found := matching(s.keys, id)
	if fresh && (len(found) > 0 || now.Sub(s.tried) < s.limits.Cooldown) {
		s.mutex.Unlock()
		return found, nil
	}
	if s.running == nil {
		if !s.tried.IsZero() && now.Sub(s.tried) < s.limits.Fetch {
			s.mutex.Unlock()
			return nil, errKeys
		}
		s.tried = now
		s.running = &fetch{done: make(chan struct{})}
		// The request goes on if the client that caused it goes away: others wait for it too.
		go s.fetch(s.running)
	}
	running := s.running
	s.mutex.Unlock()
	select {
	case <-running.done:
	case <-ctx.Done():
		return nil, errKeys
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if running.err != nil && s.now().Sub(s.fetched) >= s.limits.Fresh {
		return nil, running.err
	}
	return matching(s.keys, id), nil
}

func (s *keySet) fetch(running *fetch) {
	defer close(running.done)
	keys, err := s.load()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	running.err = err
	s.running = nil
	if err == nil {
		s.keys = keys
		s.fetched = s.now()
	}
}

func (s *keySet) load() (keys []jose.JSONWebKey, err error) {
	defer func() {
		if recover() != nil {
			err = errKeys
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), s.limits.Fetch)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.uri, nil)
	if err != nil {
		return nil, errKeys
	}
	request.Header.Set("Accept", "application/json, application/jwk-set+json")
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, errKeys
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", errKeys, answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, s.limits.Bytes+1))
	if err != nil || int64(len(text)) > s.limits.Bytes {
		return nil, errKeys
	}
	// A key of an unknown kind must not hide the others, so each is read by itself.
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errKeys
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && isForSignatures(key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func isForSignatures(key jose.JSONWebKey) bool {
	public, ok := key.Key.(*rsa.PublicKey)
	return ok && public.N.BitLen() >= minKeyBits &&
		(key.Use == "" || key.Use == "sig") && (key.Algorithm == "" || key.Algorithm == string(jose.RS256))
}

// matching selects the keys with the id. A token without an id is accepted if there is one key only.
func matching(keys []jose.JSONWebKey, id string) []jose.JSONWebKey {
	if id == "" {
		if len(keys) == 1 {
			return keys
		}
		return nil
	}
	var found []jose.JSONWebKey
	for _, key := range keys {
		if key.KeyID == id {
			found = append(found, key)
		}
	}
	return found
}
