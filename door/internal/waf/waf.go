// Package waf inspects requests with Coraza and the OWASP Core Rule Set.
package waf

import (
	"errors"
	"fmt"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"
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
type Firewall struct {
	engine coraza.WAF
	// observe is for tests: it gets each part of a body that the engine gets.
	observe func(body []byte)
}

// blockingRule is the rule of the Core Rule Set that blocks by the score. Without it no rule of the set blocks.
const blockingRule = 949110

// statusOfRefusal applies to rules that block and name no status.
const statusOfRefusal = 403

// New compiles the rules. Directives are SecLang text. An error also means that the rules would stop no attack.
func New(directives string) (*Firewall, error) {
	return newFirewall(directives, func(types.RuleMetadata) {})
}

func newFirewall(directives string, observe func(types.RuleMetadata)) (firewall *Firewall, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			firewall, err = nil, fmt.Errorf("the directives of the firewall stopped its parser (%T); expected SecLang text", cause)
		}
	}()
	hasRuleSet := false
	// Neither a log nor a callback is set: Coraza's log lines have the text that matched, and that can be a token.
	config := coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(directives)
	config = experimental.WAFConfigWithRuleObserver(config, func(rule types.RuleMetadata) {
		hasRuleSet = hasRuleSet || rule.ID() == blockingRule
		observe(rule)
	})
	engine, err := coraza.NewWAF(config)
	if err != nil {
		return nil, fmt.Errorf("the directives of the firewall are not valid; expected SecLang text that Coraza reads: %w", err)
	}
	if !hasRuleSet {
		return nil, fmt.Errorf("the firewall has no rule %d; expected directives that include the Core Rule Set", blockingRule)
	}
	firewall = &Firewall{engine: engine}
	return firewall, firewall.check()
}

// check fails if a known attack passes: the rules may be off, or only count.
func (f *Firewall) check() error {
	verdict, err := f.Inspect(Request{
		Method: "GET", Path: "/", Query: "q=<script>alert(1)</script>", Protocol: "HTTP/1.1", Host: "localhost",
		RemoteAddress: "192.0.2.1", Headers: [][2]string{{"user-agent", "() { :; }; /bin/id"}},
	})
	if err != nil {
		return err
	}
	if !verdict.Blocked {
		return errors.New("the firewall let a known attack pass; expected directives with SecRuleEngine On")
	}
	return nil
}

// Inspect decides about one request. The caller refuses the request if there is an error.
func (f *Firewall) Inspect(request Request) (verdict Verdict, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			// The value may have text of the request, so the error has only its type.
			verdict, err = Verdict{}, fmt.Errorf("the rules of the firewall did not finish (%T)", cause)
		}
	}()
	transaction := f.engine.NewTransaction()
	interruption, err := f.evaluate(transaction, request)
	if err == nil && interruption != nil {
		verdict = verdictOf(interruption, transaction.MatchedRules())
	}
	// After a panic the transaction is not closed, so that no other request gets its remains.
	if closeErr := transaction.Close(); err == nil && closeErr != nil {
		err = closeErr
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("the firewall could not inspect the request: %w", err)
	}
	return verdict, nil
}

func (f *Firewall) evaluate(transaction types.Transaction, request Request) (*types.Interruption, error) {
	if transaction.IsRuleEngineOff() {
		return nil, errors.New("its rules are switched off")
	}
	transaction.ProcessConnection(request.RemoteAddress, 0, "", 0)
	uri := request.Path
	if request.Query != "" {
		uri += "?" + request.Query
	}
	transaction.ProcessURI(uri, request.Method, request.Protocol)
	transaction.AddRequestHeader("host", request.Host)
	transaction.SetServerName(request.Host)
	for _, header := range request.Headers {
		if header[0] != "host" {
			transaction.AddRequestHeader(header[0], header[1])
		}
	}
	if interruption := transaction.ProcessRequestHeaders(); interruption != nil {
		return interruption, nil
	}
	if !request.Callback && transaction.IsRequestBodyAccessible() && len(request.Body) > 0 {
		if f.observe != nil {
			f.observe(request.Body)
		}
		interruption, _, err := transaction.WriteRequestBody(request.Body)
		if interruption != nil || err != nil {
			return interruption, err
		}
	}
	return transaction.ProcessRequestBody()
}

// verdictOf names the rule that decided. A rule of the Core Rule Set adds to a score, and another one, without a severity, blocks
// by the score: the verdict then names the most severe rule that matched.
func verdictOf(interruption *types.Interruption, matched []types.MatchedRule) Verdict {
	verdict := Verdict{Blocked: true, Status: interruption.Status, RuleID: interruption.RuleID}
	if verdict.Status == 0 {
		verdict.Status = statusOfRefusal
	}
	var decisive types.MatchedRule
	for _, one := range matched {
		switch severity := one.Rule().Severity(); {
		case severity == types.RuleSeverityUnset:
		case one.Rule().ID() == interruption.RuleID:
			return withRule(verdict, one)
		case decisive == nil || severity < decisive.Rule().Severity():
			decisive = one
		}
	}
	if decisive == nil {
		return verdict
	}
	return withRule(verdict, decisive)
}

func withRule(verdict Verdict, matched types.MatchedRule) Verdict {
	verdict.RuleID = matched.Rule().ID()
	verdict.Severity = matched.Rule().Severity().String()
	// The key is not named: it is a parameter's name, for example, which the client has chosen.
	if data := matched.MatchedDatas(); len(data) > 0 {
		verdict.Variable = data[0].Variable().Name()
	}
	return verdict
}
