// Package accesstoken checks access tokens as the action jwt-validation of an Application Load Balancer does: RS256 only,
// signature, iss and exp always, nbf and iat where they are present, and claims of the configuration.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
//
// go-oidc has a verifier too. It is for ID tokens: it accepts nbf five minutes early, and every unknown key id makes it
// fetch the keys again, so that anybody could let the door call the issuer as often as he likes.
package accesstoken

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"door/internal/config"
)

// Verdict is the decision about a token.
type Verdict int

// KeysUnavailable means that the token could not be checked.
const (
	Invalid Verdict = iota
	Valid
	KeysUnavailable
)

// Checker checks tokens of one issuer.
type Checker struct {
	check config.Check
	keys  *keySet
	now   func() time.Time
}

// New makes a checker. It fetches the keys with the first token.
func New(check config.Check, limits KeyLimits, now func() time.Time) *Checker {
	client := &http.Client{
		// The address of the keys is in the configuration, and nobody else may send the door elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Checker{
		check: check,
		keys:  &keySet{uri: check.JwksURI, limits: limits, client: client, now: now},
		now:   now,
	}
}

var bearer = regexp.MustCompile(`^(?i:Bearer) +([^\s,]+)$`)

// Check decides about the values of Authorization, one for each line.
func (c *Checker) Check(ctx context.Context, authorization []string) Verdict {
	if len(authorization) != 1 {
		return Invalid
	}
	match := bearer.FindStringSubmatch(authorization[0])
	if match == nil {
		return Invalid
	}
	token, err := jose.ParseSignedCompact(match[1], []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(token.Signatures) != 1 {
		return Invalid
	}
	keys, err := c.keys.find(ctx, token.Signatures[0].Protected.KeyID)
	if err != nil {
		return KeysUnavailable
	}
	for _, key := range keys {
		payload, err := token.Verify(key)
		if err == nil && c.hasClaims(payload) {
			return Valid
		}
	}
	return Invalid
}

func (c *Checker) hasClaims(payload []byte) bool {
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil || claims["iss"] != c.check.Issuer {
		return false
	}
	// NumericDate may have a fraction (RFC 7519 §2). A token without a readable time of expiry is refused.
	now := c.now()
	second := math.Floor(float64(now.UnixMilli()) / 1000)
	if expires, ok := claims["exp"].(float64); !ok || expires <= second {
		return false
	}
	for name, latest := range map[string]float64{"nbf": second, "iat": math.Ceil(float64(now.UnixMilli()) / 1000)} {
		value, found := claims[name]
		if begins, ok := value.(float64); found && (!ok || begins > latest) {
			return false
		}
	}
	return !slices.ContainsFunc(c.check.Claims, func(claim config.Claim) bool { return !hasClaim(claims[claim.Name], claim) })
}

func hasClaim(value any, claim config.Claim) bool {
	switch claim.Format {
	case "single-string":
		text, ok := value.(string)
		return ok && slices.Contains(claim.Values, text)
	case "space-separated-values":
		text, ok := value.(string)
		words := strings.Split(text, " ")
		return ok && !slices.ContainsFunc(claim.Values, func(wanted string) bool { return !slices.Contains(words, wanted) })
	case "string-array":
		list, ok := value.([]any)
		return ok && !slices.ContainsFunc(claim.Values, func(wanted string) bool { return !slices.Contains(list, any(wanted)) })
	}
	return false
}
