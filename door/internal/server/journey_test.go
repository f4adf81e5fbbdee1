package server_test

import (
	"strings"
	"testing"
)

func bothVersions(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Run("HTTP/1.1", func(t *testing.T) { test(t, false) })
	t.Run("HTTP/2", func(t *testing.T) { test(t, true) })
}

func TestACallbackReachesItsFunction(t *testing.T) {
	d := startDoor(t)
	bothVersions(t, func(t *testing.T, http2 bool) {
		got := d.send(t, d.client(t, clientAddress, http2), "POST", callbackPath+"?a=%20b&a=c&d", `{"SECRET":"é"}`,
			"Content-Type", "application/json", "X-Twice", "1", "X-Twice", "2", "X-Forwarded-For", "203.0.113.1",
			"X-Forwarded-Host", "evil", "X-Amzn-Trace-Id", "Root=1-evil", "X-Amzn-Oidc-Data", "evil", "X-Amzn-Mtls-Clientcert", "evil",
			"Bad_name", "dropped", "Connection", "keep-alive")
		if got.status != 201 || got.body != "recorded" {
			t.Fatalf("got %d %q", got.status, got.body)
		}
		if got.headers.Get("Strict-Transport-Security") != "max-age=63072000" || got.headers.Get("Server") != "" {
			t.Errorf("headers are %v", got.headers)
		}
		if cookies := got.headers.Values("Set-Cookie"); len(cookies) != 2 || cookies[0] != "a=1" {
			t.Errorf("cookies are %v", cookies)
		}
		event := d.lambda.last(t)
		headers := event["multiValueHeaders"].(map[string]any)
		trace := headers["x-amzn-trace-id"].([]any)[0].(string)
		if len(trace) != len("Root=1-00000000-000000000000000000000000") || strings.Contains(trace, "evil") {
			t.Errorf("the trace id is %s", trace)
		}
		delete(headers, "x-amzn-trace-id")
		delete(headers, "user-agent")
		want := `{"body":"{\"SECRET\":\"é\"}","httpMethod":"POST","isBase64Encoded":false,"multiValueHeaders":{` +
			`"content-length":["15"],"content-type":["application/json"],"host":["callbacks.example.com"],` +
			`"x-forwarded-for":["198.51.100.23"],"x-forwarded-port":["443"],"x-forwarded-proto":["https"],"x-twice":["1","2"]},` +
			`"multiValueQueryStringParameters":{"a":["%20b","c"],"d":[""]},"path":"` + callbackPath + `",` +
			`"requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/postern-test-receive/door"}}}`
		if text := render(t, event); text != want {
			t.Errorf("the event is\n%s\nwant\n%s", text, want)
		}
	})
}
