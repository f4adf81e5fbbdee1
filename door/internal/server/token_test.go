package server_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"

	"github.com/go-jose/go-jose/v4"

	"door/internal/config"
	"door/internal/server"
)

func TestAccessTokens(t *testing.T) {
	d := startDoor(t)
	client := d.client(t, clientAddress, false)
	header := map[string]any{"alg": "RS256", "kid": keyID, "typ": "at+jwt"}
	changed := func(name string, value any) string {
		claims := d.claims()
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
		return sign(d.issuer.key, header, claims)
	}
	withHeader := func(changes map[string]any) string {
		changedHeader := maps.Clone(header)
		for name, value := range changes {
			if changedHeader[name] = value; value == nil {
				delete(changedHeader, name)
			}
		}
		return sign(d.issuer.key, changedHeader, d.claims())
	}
	unsigned := func(alg string, signature func(input string) []byte) string {
		encode := func(value any) string {
			text, _ := json.Marshal(value)
			return base64.RawURLEncoding.EncodeToString(text)
		}
		input := encode(map[string]any{"alg": alg, "kid": keyID}) + "." + encode(d.claims())
		return input + "." + base64.RawURLEncoding.EncodeToString(signature(input))
	}
	publicKey, _ := x509.MarshalPKIXPublicKey(d.issuer.key.Public())
	good := d.token()
	parts := strings.Split(good, ".")
	now := time.Now().Unix()
	bearer := func(token string) []string { return []string{"Bearer " + token} }
	for name, test := range map[string]struct {
		lines  []string
		status int
	}{
		"valid":                   {bearer(good), 201},
		"bearer in small letters": {[]string{"bearer " + good}, 201},
		"two spaces":              {[]string{"Bearer  " + good}, 201},
		"none":                    {nil, 401},
		"empty":                   {[]string{""}, 401},
		"no token":                {[]string{"Bearer"}, 401},
		"Basic":                   {[]string{"Basic " + good}, 401},
		"only the token":          {[]string{good}, 401},
		"two headers":             {[]string{"Bearer " + good, "Bearer " + good}, 401},
		"two in one header":       {[]string{"Bearer " + good + ", Bearer " + good}, 401},
		"text after it":           {[]string{"Bearer " + good + " x"}, 401},
		"forged":                  {bearer(sign(otherRSAKey(), header, d.claims())), 401},
		"no signature":            {bearer(parts[0] + "." + parts[1] + "."), 401},
		"another payload":         {bearer(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte("{}")) + "." + parts[2]), 401},
		"not a JWT":               {bearer("abc"), 401},
		"five parts":              {bearer("a.b.c.d.e"), 401},
		"alg none":                {bearer(unsigned("none", func(string) []byte { return nil })), 401},
		"alg None":                {bearer(unsigned("None", func(string) []byte { return nil })), 401},
		"alg RS512":               {bearer(withHeader(map[string]any{"alg": "RS512"})), 401},
		"alg PS256":               {bearer(withHeader(map[string]any{"alg": "PS256"})), 401},
		"HS256 with the public key": {bearer(unsigned("HS256", func(input string) []byte {
			mac := hmac.New(sha256.New, publicKey)
			mac.Write([]byte(input))
			return mac.Sum(nil)
		})), 401},
		"ES256":                       {bearer(es256(t, d)), 401},
		"an unknown key":              {bearer(withHeader(map[string]any{"kid": "other"})), 401},
		"the id of a key of EC":       {bearer(withHeader(map[string]any{"kid": "ec"})), 401},
		"no key id, one key":          {bearer(withHeader(map[string]any{"kid": nil})), 201},
		"a key of its own":            {bearer(withHeader(map[string]any{"kid": "x", "jwk": map[string]any{"kty": "RSA"}})), 401},
		"an address of keys":          {bearer(withHeader(map[string]any{"jku": "https://evil.example.com"})), 201},
		"a critical extension":        {bearer(withHeader(map[string]any{"crit": []string{"x"}, "x": 1})), 401},
		"another issuer":              {bearer(changed("iss", "https://evil.example.com")), 401},
		"no issuer":                   {bearer(changed("iss", nil)), 401},
		"issuer with a slash":         {bearer(changed("iss", d.issuer.URL+"/")), 401},
		"another audience":            {bearer(changed("aud", "https://other.example.com")), 401},
		"no audience":                 {bearer(changed("aud", nil)), 401},
		"a list of audiences":         {bearer(changed("aud", []string{"https://" + host})), 401},
		"expired":                     {bearer(changed("exp", now-1)), 401},
		"expires now":                 {bearer(changed("exp", now)), 401},
		"no expiry":                   {bearer(changed("exp", nil)), 401},
		"expiry as text":              {bearer(changed("exp", "9999999999")), 401},
		"expires as fraction":         {bearer(changed("exp", float64(now)+60.5)), 201},
		"not yet valid":               {bearer(changed("nbf", now+60)), 401},
		"no nbf":                      {bearer(changed("nbf", nil)), 201},
		"nbf as text":                 {bearer(changed("nbf", "0")), 401},
		"issued in the future":        {bearer(changed("iat", now+60)), 401},
		"no iat":                      {bearer(changed("iat", nil)), 201},
		"a payload that is no object": {bearer(signText(d, header, "[]")), 401},
		"a huge token":                {bearer(strings.Repeat("a", 16000)), 401},
	} {
		t.Run(name, func(t *testing.T) {
			before := d.lambda.calls.Load()
			var headers []string
			for _, line := range test.lines {
				headers = append(headers, "Authorization", line)
			}
			got := d.send(t, client, "GET", "/v1/tasks/x", "", headers...)
			if got.status != test.status {
				t.Errorf("got %d, want %d", got.status, test.status)
			}
			if called := d.lambda.calls.Load() - before; (called == 1) != (test.status == 201) {
				t.Errorf("the function was called %d times", called)
			}
			if test.status == 401 {
				refused(t, d, got, "unauthorized")
			}
		})
	}
	if fetches := d.issuer.fetches.Load(); fetches != 1 {
		t.Errorf("the keys were fetched %d times", fetches)
	}
	if got := d.send(t, client, "POST", callbackPath, "x"); got.status != 201 {
		t.Errorf("a callback without a token got %d", got.status)
	}
}

func es256(t *testing.T, d *door) string {
	t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "ec"))
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(d.claims())
	signed, _ := signer.Sign(payload)
	text, _ := signed.CompactSerialize()
	return text
}

// signText signs any text as a payload.
func signText(d *door, header map[string]any, payload string) string {
	signer, _ := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: d.issuer.key}, (&jose.SignerOptions{}).WithHeader("kid", header["kid"]))
	signed, _ := signer.Sign([]byte(payload))
	text, _ := signed.CompactSerialize()
	return text
}

func TestClaimsInOtherForms(t *testing.T) {
	for name, test := range map[string]struct {
		claim  config.Claim
		value  any
		status int
	}{
		"one of a list":     {config.Claim{Name: "aud", Format: "string-array", Values: []string{"a"}}, []string{"b", "a"}, 201},
		"all of a list":     {config.Claim{Name: "aud", Format: "string-array", Values: []string{"a", "c"}}, []string{"b", "a"}, 401},
		"no list":           {config.Claim{Name: "aud", Format: "string-array", Values: []string{"a"}}, "a", 401},
		"words":             {config.Claim{Name: "scope", Format: "space-separated-values", Values: []string{"a", "b"}}, "b c a", 201},
		"a missing word":    {config.Claim{Name: "scope", Format: "space-separated-values", Values: []string{"a", "d"}}, "b c a", 401},
		"a part of a word":  {config.Claim{Name: "scope", Format: "space-separated-values", Values: []string{"a"}}, "ab", 401},
		"one of two texts":  {config.Claim{Name: "client_id", Format: "single-string", Values: []string{"a", "b"}}, "b", 201},
		"a number, no text": {config.Claim{Name: "client_id", Format: "single-string", Values: []string{"1"}}, 1, 401},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t, with(func(c *config.Config) {
				check := c.Checks["sender"]
				check.Claims = []config.Claim{test.claim}
				c.Checks["sender"] = check
			}))
			claims := d.claims()
			claims[test.claim.Name] = test.value
			token := sign(d.issuer.key, map[string]any{"alg": "RS256", "kid": keyID}, claims)
			if got := d.send(t, d.client(t, clientAddress, true), "GET", "/v1/tasks/x", "", "Authorization", "Bearer "+token); got.status != test.status {
				t.Errorf("got %d, want %d", got.status, test.status)
			}
		})
	}
}

func TestWithoutTheKeysOfTheIssuerTheAnswerIs503(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]http.HandlerFunc{
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"no JSON":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"no keys":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) },
		"more than 64KB": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[]}` + strings.Repeat(" ", 65536)))
		},
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			second := time.Now()
			d := startDoor(t, with(func(c *config.Config) { c.Limits.KeysFetchSeconds = 1 }), func(options *server.Options) {
				options.Now = func() time.Time { return second }
			})
			d.issuer.fail(fail)
			client := d.client(t, clientAddress, false)
			for range 3 {
				got := d.send(t, client, "GET", "/v1/tasks/x", "", "Authorization", "Bearer "+d.token())
				refused(t, d, got, "unavailable")
				if got.headers.Get("Retry-After") == "" {
					t.Error("there is no Retry-After")
				}
			}
			if d.lambda.calls.Load() != 0 {
				t.Error("the function was called")
			}
			if fetches := d.issuer.fetches.Load(); fetches != 1 {
				t.Errorf("the keys were fetched %d times in one second", fetches)
			}
			if line := d.lines(t, 3)[2]; line["cause"] != "keys-unavailable" {
				t.Errorf("the line is %v", line)
			}
		})
	}
}

func TestKeysAreFetchedAgainForANewKeyAndAfterTheirTime(t *testing.T) {
	var offset atomic.Int64
	d := startDoor(t, func(options *server.Options) {
		options.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	client := d.client(t, clientAddress, false)
	use := func(kid string) int {
		claims := d.claims()
		claims["exp"] = time.Now().Unix() + 36000
		token := sign(d.issuer.key, map[string]any{"alg": "RS256", "kid": kid}, claims)
		return d.send(t, client, "GET", "/v1/tasks/x", "", "Authorization", "Bearer "+token).status
	}
	expect := func(kid string, status int, fetches int64) {
		t.Helper()
		if got := use(kid); got != status || d.issuer.fetches.Load() != fetches {
			t.Errorf("got %d after %d fetches, want %d after %d", got, d.issuer.fetches.Load(), status, fetches)
		}
	}
	expect(keyID, 201, 1)
	expect("new", 401, 1)
	offset.Store(int64(31 * time.Second))
	expect("new", 401, 2)
	expect("newer", 401, 2)
	expect(keyID, 201, 2)
	offset.Store(int64(331 * time.Second))
	expect(keyID, 201, 3)
	d.issuer.fail(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	offset.Store(int64(600 * time.Second))
	expect(keyID, 201, 3)
	offset.Store(int64(632 * time.Second))
	expect(keyID, 503, 4)
	d.issuer.instead.Store(nil)
	expect(keyID, 503, 4)
	offset.Store(int64(636 * time.Second))
	expect(keyID, 201, 5)
}

func TestTimesOfATokenAtTheirEdge(t *testing.T) {
	const second = 1_800_000_000
	d := startDoor(t, func(options *server.Options) {
		options.Now = func() time.Time { return time.Unix(second, 500_000_000) }
	})
	client := d.client(t, clientAddress, false)
	for _, test := range []struct {
		name   string
		value  any
		status int
	}{
		{"exp", second, 401}, {"exp", second + 1, 201}, {"exp", second + 0.5, 201},
		{"nbf", second, 201}, {"nbf", second + 1, 401}, {"nbf", second + 0.5, 401},
		{"iat", second + 1, 201}, {"iat", second + 2, 401},
	} {
		claims := map[string]any{"iss": d.issuer.URL, "aud": "https://" + host, "exp": second + 300}
		claims[test.name] = test.value
		token := sign(d.issuer.key, map[string]any{"alg": "RS256", "kid": keyID}, claims)
		if got := d.send(t, client, "GET", "/v1/tasks/x", "", "Authorization", "Bearer "+token); got.status != test.status {
			t.Errorf("%s %v got %d, want %d", test.name, test.value, got.status, test.status)
		}
	}
}
