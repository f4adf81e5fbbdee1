package waf

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
)

var update = flag.Bool("update", false, "write the measurements into door/README.md")

func TestHonestRequestsPass(t *testing.T) {
	if payloads, clients := len(payloads()), len(clients); payloads < 28 || clients < 25 {
		t.Fatalf("%d payloads and %d clients; expected at least 28 and 25", payloads, clients)
	}
	firewall := generated(t)
	for _, one := range honestRequests() {
		verdict, err := firewall.Inspect(one.request)
		if err != nil || verdict.Blocked {
			t.Errorf("%s: %+v, %v; expected that it passes", one.name, verdict, err)
		}
	}
}

// TestEveryExclusionIsNeeded removes each exclusion: an honest request must then be stopped.
func TestEveryExclusionIsNeeded(t *testing.T) {
	text := generatedText(t)
	exclusions := regexp.MustCompile(`(?m)^ +(ctl:ruleRemove(?:ById=(\d+)|TargetById=(\d+);\w+|TargetByTag=OWASP_CRS;\w+))(?:,\\|")$|^(SecRuleUpdateTargetById (\d+) "!\w+")$`).
		FindAllStringSubmatch(text, -1)
	if len(exclusions) < 12 {
		t.Fatalf("the directives have %d exclusions; expected at least 12", len(exclusions))
	}
	for _, exclusion := range exclusions {
		action, directive := exclusion[1], exclusion[4]
		rule := exclusion[2] + exclusion[3] + exclusion[5]
		t.Run(action+directive, func(t *testing.T) {
			// An action that changes nothing here, because the body is not inspected anyway.
			changed := strings.Replace(text, action, "ctl:requestBodyAccess=Off", 1)
			if action == "" {
				changed = strings.Replace(text, directive+"\n", "", 1)
			}
			firewall, err := New(changed)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range honestRequests() {
				verdict, err := firewall.Inspect(one.request)
				if err != nil {
					t.Fatal(err)
				}
				if verdict.Blocked && (rule == "" || rule == fmt.Sprint(verdict.RuleID)) {
					return
				}
			}
			t.Errorf("every honest request passes without this exclusion; expected that rule %s stops one", rule)
		})
	}
}

// asItComes are the rule set and the engine with the settings that they recommend, but for the limits of bodies.
const asItComes = `Include @coraza.conf-recommended
SecRequestBodyInMemoryLimit 13107200
Include @crs-setup.conf.example
Include @owasp_crs/*.conf
SecRuleEngine On
SecAuditEngine Off
`

// TestReadmeHasTheMeasurements compares the table in the README with what the rule set stops as it comes.
func TestReadmeHasTheMeasurements(t *testing.T) {
	engine, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(asItComes))
	if err != nil {
		t.Fatal(err)
	}
	firewall := &Firewall{engine: engine}
	stopped, measured := 0, 0
	byRule := map[int]int{}
	for _, one := range honestRequests() {
		// The rules take seconds for a large body.
		if len(one.request.Body) > 5_000 {
			continue
		}
		one.request.Callback = false
		measured++
		transaction := engine.NewTransaction()
		interruption, err := firewall.evaluate(transaction, one.request)
		if err != nil {
			t.Fatal(err)
		}
		if interruption != nil {
			stopped++
			rules := map[int]bool{}
			for _, matched := range transaction.MatchedRules() {
				if matched.Rule().Severity() != types.RuleSeverityUnset {
					rules[matched.Rule().ID()] = true
				}
			}
			for rule := range rules {
				byRule[rule]++
			}
		}
		if err := transaction.Close(); err != nil {
			t.Fatal(err)
		}
	}
	table := fmt.Sprintf("Of %d honest requests the rule set stops %d as it comes:\n\n| rule | requests |\n|---|---:|\n", measured, stopped)
	rules := make([]int, 0, len(byRule))
	for rule := range byRule {
		rules = append(rules, rule)
	}
	sort.Ints(rules)
	for _, rule := range rules {
		table += fmt.Sprintf("| %d | %d |\n", rule, byRule[rule])
	}
	table += "\n"
	const file, begin, end = "../../README.md", "<!-- measured -->\n\n", "<!-- end of measured -->"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	old, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		t.Fatalf("%s has no part between %q and %q", file, begin, end)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != table {
		t.Errorf("%s has other measurements; run go test -tags no_fs_access ./internal/waf -run Readme -update and read the difference:\n%s", file, table)
	}
}
