package server_test

import (
	"os"
	"strings"
	"testing"

	"door/internal/config"
	"door/internal/server"
)

// TestTheRulesOfTheFirewall sends requests through the door with the rules that the product generates.
func TestTheRulesOfTheFirewall(t *testing.T) {
	directives, err := os.ReadFile("../waf/testdata/directives.conf")
	if err != nil {
		t.Fatal(err)
	}
	d := startDoor(t, func(options *server.Options) { options.Firewall = nil },
		with(func(c *config.Config) { c.WAF.Directives = string(directives) }))
	bothVersions(t, func(t *testing.T, http2 bool) {
		client := d.client(t, clientAddress, http2)
		for _, one := range []struct {
			name, method, path, body string
			headers                  []string
			status                   int
		}{
			{"a result that is a PDF", "POST", callbackPath, "%PDF-1.7 SECRET <script>alert(1)</script>", []string{"Content-Type", "application/pdf"}, 201},
			{"a result without a type", "POST", callbackPath, "SECRET", nil, 201},
			{"a large result", "POST", callbackPath, strings.Repeat("<script>SECRET", 50_000), []string{"Content-Type", "text/html"}, 201},
			{"a token with the name of a file", "POST", "/v1/results/task/eyJhbGciOiJFUzI1NiJ9.e30.envSECRET", "{}", nil, 201},
			{"a wrong method", "PATCH", callbackPath, "", nil, 201},
			{"a method of WebDAV", "PROPFIND", callbackPath, "", nil, 201},
			{"GET with a body", "GET", callbackPath, "{}", nil, 201},
			{"another method in a header", "GET", callbackPath, "", []string{"X-HTTP-Method-Override", "POST"}, 201},
			{"a token in the query", "POST", "/v1/results/task?access_token=eyJ" + strings.Repeat("a", 2_045), "{}", nil, 201},
			{"101 parameters of a callback", "POST", callbackPath + "?" + strings.Repeat("a&", 100) + "a", "{}", nil, 201},
			{"Log4j in the query", "POST", callbackPath + "?SECRET=$%7Bjndi:ldap://a%7D", "{}", nil, 403},
			{"Log4j in a header", "POST", callbackPath, "{}", []string{"X-A", "${jndi:ldap://SECRET}"}, 403},
			{"dot segments", "POST", "/v1/results/other/../task", "{}", nil, 403},
			{"a script in the query", "GET", "/.well-known/jwks.json?SECRET=%3Cscript%3Ealert(1)%3C/script%3E", "", nil, 403},
			{"a long query", "POST", callbackPath + "?" + strings.Repeat("a", 4_097), "{}", nil, 414},
			{"101 parameters", "GET", "/.well-known/jwks.json?" + strings.Repeat("a&", 100) + "a", "", nil, 400},
		} {
			got := d.send(t, client, one.method, one.path, one.body, one.headers...)
			if got.status != one.status {
				t.Errorf("%s: got %d %q; expected %d", one.name, got.status, got.body, one.status)
			}
		}
	})
	for _, text := range []string{`"Rule":"941100"`, `"DoorBlocked":1`} {
		if !strings.Contains(d.output.String(), text) {
			t.Errorf("the log has no %s:\n%s", text, d.output.String())
		}
	}
}
