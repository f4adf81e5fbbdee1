package front

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"door/internal/config"
	"door/internal/http1"
)

// model asks the local model of an Application Load Balancer, which is in TypeScript.
func model[Q, A any](t *testing.T, questions []Q) []A {
	t.Helper()
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, question := range questions {
		if err := encoder.Encode(question); err != nil {
			t.Fatal(err)
		}
	}
	// The Node of the repository's packages: an older one of the machine may not read TypeScript.
	command := exec.Command("../../../node_modules/.bin/node", "testdata/load-balancer.mjs")
	command.Stdin = &input
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the model needs Node and the installed packages of the repository (npm ci): %v\n%s", err, stderr.String())
	}
	var answers []A
	scanner := bufio.NewScanner(bytes.NewReader(output))
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var answer A
		if err := json.Unmarshal(scanner.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

// newRandom draws a seed, or takes the one of a failure that is to be repeated.
func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("DOOR_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("DOOR_TEST_SEED=%d repeats this run", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

func randomText(random *rand.Rand, alphabet string, length int) string {
	runes := []rune(alphabet)
	var text strings.Builder
	for range random.IntN(length + 1) {
		text.WriteRune(pick(random, runes...))
	}
	return text.String()
}

type eventQuestion struct {
	Kind       string   `json:"kind"`
	Method     string   `json:"method"`
	Target     string   `json:"target"`
	RawHeaders [][]byte `json:"rawHeaders"`
	Address    string   `json:"address"`
	Body       []byte   `json:"body"`
}

type eventAnswer struct {
	Status int            `json:"status"`
	Host   string         `json:"host"`
	Event  map[string]any `json:"event"`
}

func randomRequest(random *rand.Rand) eventQuestion {
	question := eventQuestion{
		Kind: "event", RawHeaders: [][]byte{},
		Method: pick(random, "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "post"),
		Target: pick(random, "/", "/v1/results/", "/c/", "/v1//results/../", "*", "https://a/", "") +
			randomText(random, "ab%2F./;:@!$'()+,=~#[]|\\", 12),
		Address: pick(random, "198.51.100.23", "2001:db8::23"),
		Body:    []byte(pick(random, "", "a", `{"a":"é"}`, "\xff\x00", "\xed\xa0\x80", "\u2028<>&\"\\\x00\t", strings.Repeat("x", random.IntN(3000)))),
	}
	if random.IntN(2) == 0 {
		question.Target += "?" + randomText(random, "ab=&?%+é/", 20)
	}
	if random.IntN(50) == 0 {
		question.Target = "/" + strings.Repeat("a", pick(random, 16382, 16383, 16384, 20000))
	}
	add := func(name, value string) {
		question.RawHeaders = append(question.RawHeaders, []byte(name), []byte(value))
	}
	if random.IntN(20) != 0 {
		add(pick(random, "Host", "host", "HOST"), pick(random, "a.example.com", "A.example.com:443", "a:", "", "[::1]:443", "a:b:80"))
	}
	for range random.IntN(8) {
		switch random.IntN(8) {
		case 0:
			add("Content-Type", pick(random, "application/json", "Application/JSON ; charset=utf-8", "text/plain", "application/jsonx",
				"application/xml;a", "image/png", "", "text", "application/javascript"))
		case 1:
			add("Content-Encoding", pick(random, "gzip", "", "identity"))
		case 2:
			add(pick(random, "Connection", "Keep-Alive", "TE", "Upgrade", "Expect", "Proxy-Connection", "Transfer-Encoding"), "a")
		case 3:
			add(pick(random, "Bad_Name", "a.b", "x!", "a'b", "X-Ok-1"), "v")
		case 4:
			add("Cookie", randomText(random, "ab=; ", 10))
		case 5:
			add("X-Latin", "a\xe9\xff")
		case 6:
			add("X-Long", strings.Repeat("v", pick(random, 10, 16000, 16372, 16373, 16374, 16375)))
		default:
			add(pick(random, "Accept", "accept", "X-A", "x-a", "Constructor"), strings.Trim(randomText(random, "ab, \"", 10), " "))
		}
	}
	if random.IntN(20) == 0 {
		add("Host", "b")
	}
	return question
}

// The limits of the load balancer, with literal numbers.
var albLimits = config.Limits{LineBytes: 16384, HeaderBytes: 65536}

func TestRandomRequestsMakeTheEventOfTheLoadBalancer(t *testing.T) {
	random := newRandom(t)
	questions := make([]eventQuestion, 3000)
	for i := range questions {
		questions[i] = randomRequest(random)
	}
	statuses := map[string]int{
		config.AnswerUnreadable: 400, config.AnswerMethodRefused: 405, config.AnswerTooLong: 414, config.AnswerHeadersTooLarge: 431,
	}
	seen := map[int]int{}
	for i, want := range model[eventQuestion, eventAnswer](t, questions) {
		question := questions[i]
		head := http1.Head{Method: question.Method, Target: question.Target, Proto: "HTTP/1.1"}
		for j := 0; j < len(question.RawHeaders); j += 2 {
			head.Headers = append(head.Headers, [2]string{strings.ToLower(string(question.RawHeaders[j])), string(question.RawHeaders[j+1])})
		}
		request, refusal := readRequest(head, netip.MustParseAddr(question.Address), albLimits)
		seen[want.Status]++
		if refusal != "" || want.Status != 0 {
			if statuses[refusal] != want.Status {
				t.Fatalf("request %d %.300q: refused with %q, the load balancer has %d", i, fmt.Sprint(question), refusal, want.Status)
			}
			continue
		}
		text, err := makeEvent(request, question.Body, "arn", "1-a-b")
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		want.Event["multiValueHeaders"].(map[string]any)["x-forwarded-proto"] = []any{"https"}
		if !reflect.DeepEqual(got, want.Event) || request.host != want.Host {
			wanted, _ := json.Marshal(want)
			t.Fatalf("request %d: got %.2000s\nhost %s\nwant %.2000s", i, text, request.host, wanted)
		}
	}
	for _, status := range []int{0, 400, 405, 414, 431} {
		if seen[status] == 0 {
			t.Errorf("no request of this run has the status %d", status)
		}
	}
}

type resultQuestion struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

type resultAnswer struct {
	Status  int                 `json:"status"`
	Headers map[string][][]byte `json:"headers"`
	Body    []byte              `json:"body"`
}

func randomResult(random *rand.Rand) string {
	raw := func(values ...string) string { return pick(random, values...) }
	members := []string{}
	add := func(name, value string) { members = append(members, strconv.Quote(name)+":"+value) }
	if random.IntN(20) != 0 {
		add("statusCode", raw("200", "201", "204", "304", "404", "599", "200", "500", "2e2", "200.0", "199", "600", "200.5", `"200"`, "null", "true", "-200", "1e400"))
	}
	if random.IntN(3) != 0 {
		headers := []string{}
		// Names may differ in case only. No JSON of a function has the same name twice.
		used := map[string]bool{}
		for range random.IntN(5) {
			name := raw("A", "a", "X-B", "x-b", "Content-Type", "Content-Length", "connection", "Trailer", "Set-Cookie", "1", "bad name", "", "é", "A:", "X-C")
			if used[name] {
				continue
			}
			used[name] = true
			values := []string{}
			for range random.IntN(4) {
				values = append(values, raw(`"v"`, `"w"`, `"é"`, `"\t"`, `"a b"`, "1", "-0", "1.50", "1e21", "1.5e300", "1e-7", "123456789012345680000",
					"true", "false", `"\u0100"`, `"\n"`, `"\u007f"`, "null", "[]", `"\u0000"`))
			}
			headers = append(headers, strconv.Quote(name)+":"+pick(random, "["+strings.Join(values, ",")+"]", "["+strings.Join(values, ",")+"]", raw("[]", "[]", `"v"`, "null", "1", "{}")))
		}
		add("multiValueHeaders", raw("{"+strings.Join(headers, ",")+"}", "{"+strings.Join(headers, ",")+"}", "{"+strings.Join(headers, ",")+"}", "null", "1", `"a"`))
	}
	if random.IntN(4) != 0 {
		add("body", raw(`"text"`, `"dGV4dA=="`, `"é\u2028\ud83d\ude00"`, `""`, "null", "1", "{}", `"AAECAw=="`))
	}
	if random.IntN(3) == 0 {
		add("isBase64Encoded", raw("true", "false", "null", `"true"`, "1", "false"))
	}
	if random.IntN(4) == 0 {
		add(raw("headers", "statusDescription", "StatusCode", "Body", "cookies"), raw(`{"a":"b"}`, "1", "null", `"x"`))
	}
	random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return raw("{"+strings.Join(members, ",")+"}", "{"+strings.Join(members, ",")+"}", "{"+strings.Join(members, ",")+"}",
		"{"+strings.Join(members, ",")+"}", "{"+strings.Join(members, ",")+"}", raw("", "null", "[]", "1", `"a"`, "{", "{}x"))
}

func TestRandomResultsMakeTheAnswerOfTheLoadBalancer(t *testing.T) {
	random := newRandom(t)
	questions := make([]resultQuestion, 5000)
	for i := range questions {
		questions[i] = resultQuestion{Kind: "result", Text: randomResult(random)}
	}
	accepted := 0
	for i, want := range model[resultQuestion, resultAnswer](t, questions) {
		text := questions[i].Text
		got, err := readResult([]byte(text))
		if err != nil || want.Status == 0 {
			// The door refuses a body that says to be base64 and is not. Node leaves out what it cannot read.
			if (err == nil) == (want.Status == 0) && !isBrokenBase64(text) {
				t.Fatalf("result %d %s: the door says %v, the load balancer answers %d", i, text, err, want.Status)
			}
			continue
		}
		accepted++
		headers := map[string][][]byte{}
		for name, values := range got.headers {
			headers[strings.ToLower(name)] = [][]byte{}
			for _, value := range values {
				headers[strings.ToLower(name)] = append(headers[strings.ToLower(name)], []byte(value))
			}
		}
		if got.status != want.Status || !bytes.Equal(got.body, want.Body) || !reflect.DeepEqual(headers, want.Headers) {
			t.Fatalf("result %d %s:\ngot  %d %q %q\nwant %d %q %q", i, text, got.status, headers, got.body, want.Status, want.Headers, want.Body)
		}
	}
	if accepted < 500 {
		t.Errorf("only %d results of this run are answers", accepted)
	}
}

func isBrokenBase64(text string) bool {
	var result map[string]any
	if json.Unmarshal([]byte(text), &result) != nil || result["isBase64Encoded"] != true {
		return false
	}
	body, isText := result["body"].(string)
	_, err := base64.StdEncoding.DecodeString(body)
	return isText && err != nil
}

type patternQuestion struct {
	Kind    string `json:"kind"`
	Pattern string `json:"pattern"`
	Value   string `json:"value"`
}

func TestRandomPatternsMatchAsThoseOfTheLoadBalancer(t *testing.T) {
	random := newRandom(t)
	questions := make([]patternQuestion, 5000)
	for i := range questions {
		questions[i] = patternQuestion{"pattern", randomText(random, "ab/*?", 6), randomText(random, "ab/*?", 8)}
	}
	matched := 0
	for i, want := range model[patternQuestion, struct{ Matches bool }](t, questions) {
		got := matchesPattern(questions[i].Pattern, questions[i].Value)
		if got != want.Matches {
			t.Fatalf("%q and %q: %v, the load balancer has %v", questions[i].Pattern, questions[i].Value, got, want.Matches)
		}
		if got {
			matched++
		}
	}
	if matched < 100 {
		t.Errorf("only %d patterns match", matched)
	}
}
