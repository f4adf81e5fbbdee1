// Package config reads the configuration of the door. Every limit, rule and text of the door comes from there.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Config has the form of DoorConfig in lambda/contract/door-config.ts.
type Config struct {
	Version     int               `json:"version"`
	Environment string            `json:"environment"`
	Host        string            `json:"host"`
	Ports       Ports             `json:"ports"`
	Functions   map[string]Target `json:"functions"`
	// The first rule that matches a request decides.
	Rules  []Rule           `json:"rules"`
	Checks map[string]Check `json:"checks"`
	Limits Limits           `json:"limits"`
	Rates  Rates            `json:"rates"`
	WAF    WAF              `json:"waf"`
	// Headers of every answer.
	AnswerHeaders map[string]string `json:"answerHeaders"`
	// The door's own answers by their names.
	Answers map[string]Answer `json:"answers"`
	// Addresses that may call callback routes. Absent: every address.
	Sources     []netip.Prefix `json:"sources"`
	Certificate Certificate    `json:"certificate"`
	Metrics     Metrics        `json:"metrics"`
}

// Ports are those of all addresses of the machine. 0 takes a free one.
type Ports struct {
	TLS    int `json:"tls"`
	Health int `json:"health"`
}

// Target is a function and what its events say of the way to it.
type Target struct {
	ARN            string `json:"arn"`
	TargetGroupARN string `json:"targetGroupArn"`
	TimeoutSeconds int    `json:"timeoutSeconds"`
}

// Rule sends requests to a function. Without methods it matches every method.
type Rule struct {
	Paths     []string `json:"paths"`
	Methods   []string `json:"methods"`
	Function  string   `json:"function"`
	Check     string   `json:"check"`
	Profile   string   `json:"profile"`
	BodyBytes int64    `json:"bodyBytes"`
}

// Names of profiles, and of the check that accepts every request.
const (
	ProfileCallback = "callback"
	ProfileOther    = "other"
	CheckNone       = "none"
)

// Check is what an access token must have.
type Check struct {
	Issuer  string  `json:"issuer"`
	JwksURI string  `json:"jwksUri"`
	Claims  []Claim `json:"claims"`
}

// Claim must have all of the values.
type Claim struct {
	Name   string   `json:"name"`
	Format string   `json:"format"`
	Values []string `json:"values"`
}

// Limits are sizes in bytes, durations in seconds and counts.
type Limits struct {
	LineBytes                int   `json:"lineBytes"`
	HeaderBytes              int   `json:"headerBytes"`
	PathBytes                int   `json:"pathBytes"`
	BodyBytes                int64 `json:"bodyBytes"`
	ResultBytes              int   `json:"resultBytes"`
	ProxyHeaderSeconds       int   `json:"proxyHeaderSeconds"`
	TLSHandshakeSeconds      int   `json:"tlsHandshakeSeconds"`
	HeaderReadSeconds        int   `json:"headerReadSeconds"`
	BodyReadSeconds          int   `json:"bodyReadSeconds"`
	DiscardBytes             int64 `json:"discardBytes"`
	DiscardSeconds           int   `json:"discardSeconds"`
	AnswerWriteSeconds       int   `json:"answerWriteSeconds"`
	IdleSeconds              int   `json:"idleSeconds"`
	KeepAliveSeconds         int   `json:"keepAliveSeconds"`
	DrainSeconds             int   `json:"drainSeconds"`
	Connections              int   `json:"connections"`
	ConnectionsPerAddress    int   `json:"connectionsPerAddress"`
	Streams                  int   `json:"streams"`
	Requests                 int   `json:"requests"`
	RequestsPerAddress       int   `json:"requestsPerAddress"`
	CertificateReloadSeconds int   `json:"certificateReloadSeconds"`
	KeysSeconds              int   `json:"keysSeconds"`
	KeysCooldownSeconds      int   `json:"keysCooldownSeconds"`
	KeysFetchSeconds         int   `json:"keysFetchSeconds"`
	KeysBytes                int64 `json:"keysBytes"`
	RetryAfterSeconds        int   `json:"retryAfterSeconds"`
}

// Rates are the most requests of one address in the window.
type Rates struct {
	WindowSeconds int    `json:"windowSeconds"`
	Callbacks     int    `json:"callbacks"`
	CallbackPath  int    `json:"callbackPath"`
	Others        int    `json:"others"`
	Handshake     int    `json:"handshake"`
	HandshakePath string `json:"handshakePath"`
	Keys          int    `json:"keys"`
}

// WAF has the rules of the firewall in SecLang.
type WAF struct {
	Directives string `json:"directives"`
}

// Answer is one of the door's own. The body is Problem with the id of the request (RFC 9457).
type Answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Problem Problem           `json:"problem"`
}

// Problem is a problem document.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// Names of the door's own answers.
const (
	AnswerNotFound     = "notFound"
	AnswerUnreadable   = "unreadable"
	AnswerUnauthorized = "unauthorized"
	AnswerForbidden    = "forbidden"
	AnswerRefused      = "refused"
	AnswerSlow         = "slow"
	AnswerTooLarge     = "tooLarge"
	AnswerTooLong      = "tooLong"
	AnswerTooMany      = "tooMany"
	AnswerUnavailable  = "unavailable"
	// TRACE, which an ALB refuses.
	AnswerMethodRefused   = "methodRefused"
	AnswerHeadersTooLarge = "headersTooLarge"
)

// answerStatuses are the statuses of the door's own answers. None is a success.
var answerStatuses = map[string]int{
	AnswerNotFound: 404, AnswerUnreadable: 400, AnswerUnauthorized: 401, AnswerForbidden: 403, AnswerRefused: 403,
	AnswerSlow: 408, AnswerTooLarge: 413, AnswerTooLong: 414, AnswerTooMany: 429, AnswerUnavailable: 503,
	AnswerMethodRefused: 405, AnswerHeadersTooLarge: 431,
}

// Certificate is a secret with the members certificate and privateKey, or two files. All are PEM.
type Certificate struct {
	SecretID        string `json:"secretId"`
	CertificateFile string `json:"certificateFile"`
	PrivateKeyFile  string `json:"privateKeyFile"`
}

// Metrics has the names of the namespace and of the dimension that every metric has.
type Metrics struct {
	Namespace            string `json:"namespace"`
	EnvironmentDimension string `json:"environmentDimension"`
}

// Parse reads a configuration. An unknown member, a missing one and an impossible value are errors that name the member.
func Parse(text []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var config Config
	if err := decoder.Decode(&config); err != nil {
		return nil, fmt.Errorf("the configuration is not readable: %w. Expected the JSON of DoorConfig, version 1", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the configuration has text after its JSON. Remove it")
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	return &config, nil
}

func (c *Config) check() error {
	var problems []error
	refuse := func(member string, value any, expected string) {
		problems = append(problems, fmt.Errorf("%s is %#v; expected %s", member, value, expected))
	}
	if c.Version != 1 {
		refuse("version", c.Version, "1. Use the program and the configuration of the same release")
		return errors.Join(problems...)
	}
	if c.Environment == "" {
		refuse("environment", c.Environment, "the name of the environment")
	}
	if c.Host == "" || c.Host != strings.ToLower(c.Host) || strings.ContainsAny(c.Host, ":/ ") {
		refuse("host", c.Host, "a host name in lower case, without a port")
	}
	for _, port := range []struct {
		name  string
		value int
	}{{"ports.tls", c.Ports.TLS}, {"ports.health", c.Ports.Health}} {
		if port.value < 0 || port.value > 65535 {
			refuse(port.name, port.value, "a port, or 0 for a free one")
		}
	}
	c.checkRules(refuse)
	for _, limit := range c.Limits.list() {
		if limit.value < 1 {
			refuse("limits."+limit.name, limit.value, "a number from 1")
		}
	}
	c.checkRates(refuse)
	if c.WAF.Directives == "" {
		refuse("waf.directives", "", "rules in SecLang")
	}
	c.checkAnswers(refuse)
	bySecret, byFiles := c.Certificate.SecretID != "", c.Certificate.CertificateFile != "" && c.Certificate.PrivateKeyFile != ""
	if bySecret == byFiles || (bySecret && (c.Certificate.CertificateFile != "" || c.Certificate.PrivateKeyFile != "")) {
		refuse("certificate", c.Certificate, "secretId, or certificateFile and privateKeyFile")
	}
	if c.Metrics.Namespace == "" || c.Metrics.EnvironmentDimension == "" {
		refuse("metrics", c.Metrics, "namespace and environmentDimension")
	}
	return errors.Join(problems...)
}

func (c *Config) checkAnswers(refuse refusal) {
	for name, status := range answerStatuses {
		answer := c.Answers[name]
		if answer.Status != status || answer.Problem.Status != status {
			refuse("answers."+name, answer.Status, fmt.Sprintf("an answer with status %d, which its problem has too", status))
		}
	}
	for name := range c.Answers {
		if _, found := answerStatuses[name]; !found {
			refuse("answers."+name, name, "an answer that the door knows")
		}
	}
	for _, name := range []string{AnswerTooMany, AnswerUnavailable} {
		if c.Answers[name].Headers["retry-after"] == "" {
			refuse("answers."+name+".headers", c.Answers[name].Headers, "retry-after")
		}
	}
}

type refusal func(member string, value any, expected string)

func (c *Config) checkRules(refuse refusal) {
	for name, target := range c.Functions {
		if target.ARN == "" || target.TargetGroupARN == "" || target.TimeoutSeconds < 1 {
			refuse("functions."+name, target, "arn, targetGroupArn, and timeoutSeconds from 1")
		}
	}
	if len(c.Rules) == 0 {
		refuse("rules", c.Rules, "at least one rule")
	}
	for i, rule := range c.Rules {
		member := func(name string) string { return fmt.Sprintf("rules[%d].%s", i, name) }
		if len(rule.Paths) == 0 {
			refuse(member("paths"), rule.Paths, "at least one pattern")
		}
		if _, found := c.Functions[rule.Function]; !found {
			refuse(member("function"), rule.Function, "one of functions")
		}
		if _, found := c.Checks[rule.Check]; !found && rule.Check != CheckNone {
			refuse(member("check"), rule.Check, "none, or one of checks")
		}
		if rule.Profile != ProfileCallback && rule.Profile != ProfileOther {
			refuse(member("profile"), rule.Profile, "callback or other")
		}
		if rule.BodyBytes < 0 || rule.BodyBytes > c.Limits.BodyBytes {
			refuse(member("bodyBytes"), rule.BodyBytes, "a size up to limits.bodyBytes")
		}
	}
	for name, check := range c.Checks {
		if check.Issuer == "" {
			refuse("checks."+name+".issuer", check.Issuer, "the issuer of the tokens")
		}
		if !isKeyAddress(check.JwksURI) {
			refuse("checks."+name+".jwksUri", check.JwksURI, "an https URL, or an http URL of this machine")
		}
		for _, claim := range check.Claims {
			switch claim.Format {
			case "single-string", "string-array", "space-separated-values":
			default:
				refuse("checks."+name+".claims", claim.Format, "single-string, string-array or space-separated-values")
			}
			if claim.Name == "" || len(claim.Values) == 0 {
				refuse("checks."+name+".claims", claim, "a name and at least one value")
			}
		}
	}
}

func (c *Config) checkRates(refuse refusal) {
	for _, rate := range []struct {
		name  string
		value int
	}{
		{"windowSeconds", c.Rates.WindowSeconds}, {"callbacks", c.Rates.Callbacks}, {"callbackPath", c.Rates.CallbackPath},
		{"others", c.Rates.Others}, {"handshake", c.Rates.Handshake}, {"keys", c.Rates.Keys},
	} {
		if rate.value < 1 {
			refuse("rates."+rate.name, rate.value, "a number from 1")
		}
	}
	if !strings.HasPrefix(c.Rates.HandshakePath, "/") {
		refuse("rates.handshakePath", c.Rates.HandshakePath, "a path")
	}
}

type namedLimit struct {
	name  string
	value int64
}

func (l Limits) list() []namedLimit {
	return []namedLimit{
		{"lineBytes", int64(l.LineBytes)}, {"headerBytes", int64(l.HeaderBytes)}, {"pathBytes", int64(l.PathBytes)},
		{"bodyBytes", l.BodyBytes}, {"resultBytes", int64(l.ResultBytes)},
		{"proxyHeaderSeconds", int64(l.ProxyHeaderSeconds)}, {"tlsHandshakeSeconds", int64(l.TLSHandshakeSeconds)},
		{"headerReadSeconds", int64(l.HeaderReadSeconds)}, {"bodyReadSeconds", int64(l.BodyReadSeconds)},
		{"discardBytes", l.DiscardBytes}, {"discardSeconds", int64(l.DiscardSeconds)},
		{"answerWriteSeconds", int64(l.AnswerWriteSeconds)}, {"idleSeconds", int64(l.IdleSeconds)},
		{"keepAliveSeconds", int64(l.KeepAliveSeconds)}, {"drainSeconds", int64(l.DrainSeconds)},
		{"connections", int64(l.Connections)}, {"connectionsPerAddress", int64(l.ConnectionsPerAddress)},
		{"streams", int64(l.Streams)}, {"requests", int64(l.Requests)}, {"requestsPerAddress", int64(l.RequestsPerAddress)},
		{"certificateReloadSeconds", int64(l.CertificateReloadSeconds)}, {"keysSeconds", int64(l.KeysSeconds)},
		{"keysCooldownSeconds", int64(l.KeysCooldownSeconds)}, {"keysFetchSeconds", int64(l.KeysFetchSeconds)},
		{"keysBytes", l.KeysBytes}, {"retryAfterSeconds", int64(l.RetryAfterSeconds)},
	}
}

// isKeyAddress is true for https, and for http to this machine: the keys decide who may call.
func isKeyAddress(text string) bool {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return false
	}
	if address.Scheme == "https" {
		return true
	}
	ip := net.ParseIP(address.Hostname())
	return address.Scheme == "http" && (address.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()))
}
