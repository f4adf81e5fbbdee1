package config

import (
	"encoding/json"
	"strings"
	"testing"
)

const valid = `{
  "version": 1, "environment": "prod", "host": "callbacks.example.com", "ports": { "tls": 8443, "health": 8080 },
  "functions": { "receive": { "arn": "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
    "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/f/door", "timeoutSeconds": 30 } },
  "rules": [ { "paths": ["/v1/results/*"], "methods": ["POST"], "function": "receive", "check": "none", "profile": "callback", "bodyBytes": 1048576 } ],
  "checks": { "sender": { "issuer": "https://id.example.com", "jwksUri": "https://id.example.com/keys",
    "claims": [ { "name": "aud", "format": "single-string", "values": ["https://callbacks.example.com"] } ] } },
  "limits": { "lineBytes": 16384, "headerBytes": 65536, "pathBytes": 4096, "bodyBytes": 1048576, "resultBytes": 1048576,
    "proxyHeaderSeconds": 5, "tlsHandshakeSeconds": 10, "headerReadSeconds": 10, "bodyReadSeconds": 30, "discardBytes": 33554432, "discardSeconds": 10, "answerWriteSeconds": 30,
    "idleSeconds": 60, "keepAliveSeconds": 300, "drainSeconds": 60, "connections": 4096, "connectionsPerAddress": 512,
    "streams": 128, "requests": 256, "requestsPerAddress": 64, "certificateReloadSeconds": 3600, "keysSeconds": 300, "keysCooldownSeconds": 30,
    "keysFetchSeconds": 3, "keysBytes": 65536, "retryAfterSeconds": 2 },
  "rates": { "windowSeconds": 300, "callbacks": 2000, "callbackPath": 100, "others": 1000, "handshake": 20, "handshakePath": "/v1/handshake", "keys": 100000 },
  "waf": { "directives": "SecRuleEngine On" },
  "answerHeaders": { "strict-transport-security": "max-age=63072000" },
  "answers": ANSWERS,
  "sources": ["192.0.2.0/24", "2001:db8::/32"],
  "certificate": { "secretId": "postern/prod/door" },
  "metrics": { "namespace": "Postern", "environmentDimension": "Environment" }
}`

func text(t *testing.T) string {
	t.Helper()
	answers := map[string]Answer{}
	for name, status := range answerStatuses {
		answers[name] = Answer{Status: status, Problem: Problem{Type: "about:blank", Title: name, Status: status}}
	}
	for _, name := range []string{AnswerUnavailable, AnswerTooMany} {
		answer := answers[name]
		answer.Headers = map[string]string{"retry-after": "2"}
		answers[name] = answer
	}
	rendered, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(valid, "ANSWERS", string(rendered), 1)
}

func TestAConfigurationIsRead(t *testing.T) {
	config, err := Parse([]byte(text(t)))
	if err != nil {
		t.Fatal(err)
	}
	if config.Rules[0].BodyBytes != 1048576 || config.Limits.Requests != 256 || config.Sources[1].String() != "2001:db8::/32" ||
		config.Checks["sender"].Claims[0].Values[0] != "https://callbacks.example.com" {
		t.Errorf("read %+v", config)
	}
}

func TestWhatIsWrongInAConfigurationIsNamed(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{`"version": 1`, `"version": 2`, "version is 2; expected 1"},
		{`"environment": "prod"`, `"environment": "prod", "extra": 1`, `unknown field "extra"`},
		{`"lineBytes": 16384`, `"lineBytes": 16384, "extraBytes": 1`, `unknown field "extraBytes"`},
		{`"idleSeconds": 60, `, ``, "limits.idleSeconds is 0; expected a number from 1"},
		{`"requests": 256`, `"requests": -1`, "limits.requests is -1"},
		{`"requests": 256`, `"requests": "256"`, "not readable"},
		{`"requests": 256`, `"requests": 1.5`, "not readable"},
		{`"callbackPath": 100`, `"callbackPath": 0`, "rates.callbackPath is 0"},
		{`"host": "callbacks.example.com"`, `"host": "callbacks.example.com:443"`, "host is"},
		{`"host": "callbacks.example.com"`, `"host": "Callbacks.example.com"`, "host is"},
		{`"tls": 8443`, `"tls": 65536`, "ports.tls is 65536"},
		{`"function": "receive"`, `"function": "other"`, `rules[0].function is "other"; expected one of functions`},
		{`"check": "none"`, `"check": "nobody"`, `rules[0].check is "nobody"`},
		{`"profile": "callback"`, `"profile": "x"`, `rules[0].profile is "x"`},
		{`"bodyBytes": 1048576 }`, `"bodyBytes": 1048577 }`, "rules[0].bodyBytes is 1048577"},
		{`"paths": ["/v1/results/*"]`, `"paths": []`, "rules[0].paths"},
		{`"timeoutSeconds": 30`, `"timeoutSeconds": 0`, "functions.receive"},
		{`https://id.example.com/keys`, `http://id.example.com/keys`, "checks.sender.jwksUri"},
		{`"format": "single-string"`, `"format": "regex"`, "checks.sender.claims"},
		{`"issuer": "https://id.example.com"`, `"issuer": ""`, "checks.sender.issuer"},
		{`SecRuleEngine On`, ``, "waf.directives"},
		{`"notFound":{"status":404`, `"notFound":{"status":200`, "answers.notFound is 200"},
		{`"unavailable":{"status":503`, `"unavailable":{"status":500`, "answers.unavailable is 500"},
		{`"notFound":`, `"lost":`, "answers.notFound"},
		{`"retry-after":"2"`, `"x":"2"`, "retry-after"},
		{`192.0.2.0/24`, `192.0.2.0`, "not readable"},
		{`{ "secretId": "postern/prod/door" }`, `{}`, "certificate"},
		{`{ "secretId": "postern/prod/door" }`, `{ "certificateFile": "a" }`, "certificate"},
		{`{ "secretId": "postern/prod/door" }`, `{ "secretId": "a", "certificateFile": "a", "privateKeyFile": "b" }`, "certificate"},
		{`"namespace": "Postern"`, `"namespace": ""`, "metrics"},
	} {
		t.Run(test.to, func(t *testing.T) {
			changed := strings.Replace(text(t), test.from, test.to, 1)
			if changed == text(t) {
				t.Fatal("nothing was changed")
			}
			if _, err := Parse([]byte(changed)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v; want %s", err, test.want)
			}
		})
	}
	for _, broken := range []string{"", "{", "[]", "null", text(t) + "{}", text(t) + "x"} {
		if _, err := Parse([]byte(broken)); err == nil {
			t.Errorf("%.20q was read", broken)
		}
	}
}

func TestKeysOfThisMachineMayComeInClear(t *testing.T) {
	for address, want := range map[string]bool{
		"https://id.example.com/keys": true, "http://127.0.0.1:1234/keys": true, "http://localhost/keys": true, "http://[::1]/keys": true,
		"http://10.0.0.1/keys": false, "http://localhost.example.com/keys": false, "file:///keys": false, "/keys": false, "": false,
	} {
		if isKeyAddress(address) != want {
			t.Errorf("%s: want %v", address, want)
		}
	}
}
