package waf

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
)

// manyPaths is the number of random paths of a thorough run.
const manyPaths = 100_000

// paths is the number of random paths: a few, unless POSTERN_DOOR_PATHS has another number. Each takes a millisecond of CPU time.
func paths(t *testing.T) int {
	t.Helper()
	text := os.Getenv("POSTERN_DOOR_PATHS")
	if text == "" {
		return 3_000
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		t.Fatalf("POSTERN_DOOR_PATHS is %q; expected a number, for example %d", text, manyPaths)
	}
	return number
}

// expectAllPass inspects the requests with all processors and reports at most ten that are blocked, by their rule.
func expectAllPass(t *testing.T, firewall *Firewall, requests []Request) {
	t.Helper()
	var lock sync.Mutex
	blocked := map[int]int{}
	failed := 0
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(requests); i += workers {
				verdict, err := firewall.Inspect(requests[i])
				if err == nil && !verdict.Blocked {
					continue
				}
				lock.Lock()
				blocked[verdict.RuleID]++
				if failed++; failed <= 10 {
					t.Errorf("%s %s?%s: rule %d, %s, error %v; expected that it passes", requests[i].Method, requests[i].Path, requests[i].Query, verdict.RuleID, verdict.Variable, err)
				}
				lock.Unlock()
			}
		})
	}
	group.Wait()
	if failed > 0 {
		t.Errorf("%d of %d requests do not pass, by rule: %v", failed, len(requests), blocked)
	}
}

func TestRandomCallbackPathsPass(t *testing.T) {
	count := paths(t)
	random := seeded(11)
	requests := make([]Request, 0, count)
	for i := range count {
		path := "/v1/results/" + shortCode(random) + "/"
		switch i % 3 {
		case 0:
			path += signedToken(random)
		case 1:
			path += encryptedToken(random)
		default:
			path = "/c/" + shortCode(random)
		}
		requests = append(requests, request("POST", path, ""))
	}
	expectAllPass(t, generated(t), requests)
}

// namesInRules has each line of the rules' data files whose characters a token can have.
func namesInRules(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(coreruleset.FS, "@owasp_crs/*.data")
	if err != nil || len(files) < 10 {
		t.Fatalf("the rule set has %d data files (%v); expected at least 10", len(files), err)
	}
	possible := regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	seen := map[string]bool{}
	var names []string
	for _, file := range files {
		text, err := fs.ReadFile(coreruleset.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name := strings.Trim(strings.TrimSpace(line), "/")
			if name != "" && !seen[name] && possible.MatchString(name) {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// withNameAtDots returns the token with the name after, before and around each of its dots.
func withNameAtDots(token, name string) []string {
	var tokens []string
	bare := strings.TrimLeft(name, ".")
	for i, character := range token {
		if character != '.' {
			continue
		}
		before, after := token[:i], token[i+1:]
		tokens = append(tokens, before+"."+bare+after, before+strings.TrimRight(name, ".")+"."+after)
		for j, inside := range name {
			if inside == '.' {
				tokens = append(tokens, before+name[:j]+"."+name[j+1:]+after)
			}
		}
	}
	return tokens
}

func mixedCase(random *rand.Rand, name string) string {
	text := []byte(strings.ToLower(name))
	for i := range text {
		if random.IntN(2) == 0 {
			text[i] = strings.ToUpper(name)[i]
		}
	}
	return string(text)
}

func TestNamesOfTheRulesPassInTokens(t *testing.T) {
	random := seeded(12)
	signed, encrypted := signedToken(random), encryptedToken(random)
	names := namesInRules(t)
	if len(names) < 1_000 {
		t.Fatalf("the rules have %d names; expected at least 1000", len(names))
	}
	var requests []Request
	every := 10
	if paths(t) >= manyPaths {
		every = 1
	}
	for i, name := range names {
		// Names with a dot are the likely ones.
		if i%every != 0 && !strings.HasPrefix(name, ".") {
			continue
		}
		for _, cased := range []string{name, mixedCase(random, name)} {
			for _, token := range append(withNameAtDots(signed, cased), withNameAtDots(encrypted, cased)...) {
				requests = append(requests, request("POST", "/v1/results/"+taskID+"/"+token, ""))
			}
			if bare := strings.ReplaceAll(cased, ".", ""); len(bare) <= len(taskID) {
				requests = append(requests, request("POST", "/c/"+bare+taskID[len(bare):], ""), request("POST", "/v1/results/"+bare+taskID[len(bare):], ""))
			}
		}
	}
	t.Logf("%d names in %d requests", len(names), len(requests))
	expectAllPass(t, generated(t), requests)
}

func TestRandomCredentialsInHeadersPass(t *testing.T) {
	count := paths(t) / 10
	random := seeded(13)
	requests := make([]Request, 0, count)
	for i := range count {
		signature := randomText(random, base64url[:62]+"+/", 86) + "=="
		requests = append(requests, request("POST", "/v1/results/"+taskID, "",
			[2]string{"authorization", "Bearer " + signedToken(random)},
			[2]string{"callback-token", encryptedToken(random)},
			[2]string{"dpop", signedToken(random)},
			[2]string{"signature", fmt.Sprintf("sig%d=:%s:", i, signature)},
			[2]string{"content-digest", "sha-256=:" + base64.StdEncoding.EncodeToString(randomBytes(random, 32)) + ":"},
			[2]string{"webhook-signature", "v1," + signature},
			[2]string{"cookie", "session=" + signature + "; token=" + signedToken(random)},
		))
	}
	expectAllPass(t, generated(t), requests)
}

func TestRandomIdsOfSendersPass(t *testing.T) {
	count := paths(t) / 10
	random := seeded(14)
	requests := make([]Request, 0, 2*count)
	for range count {
		cursor := "cursor=" + randomText(random, base64url, 90)
		requests = append(requests, request("GET", "/v1/tasks/"+shortCode(random)+"/result", ""), request("GET", "/v1/tasks", cursor))
	}
	expectAllPass(t, generated(t), requests)
}
