package front

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// event is what a Lambda function behind an ALB gets, with multi-value headers turned on. Its body is appended.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
type event struct {
	RequestContext  eventContext        `json:"requestContext"`
	HTTPMethod      string              `json:"httpMethod"`
	Path            string              `json:"path"`
	Query           map[string][]string `json:"multiValueQueryStringParameters"`
	Headers         map[string][]string `json:"multiValueHeaders"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

type eventContext struct {
	ELB struct {
		TargetGroupARN string `json:"targetGroupArn"`
	} `json:"elb"`
}

// They end at a load balancer (RFC 9110 §7.6.1).
var hopByHop = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-connection": true, "te": true, "transfer-encoding": true,
	"upgrade": true, "expect": true,
}

// Clients reach the door by TLS at this port of the Network Load Balancer.
const (
	forwardedProto = "https"
	forwardedPort  = "443"
)

// makeEvent renders the event. Query values are not decoded.
func makeEvent(request *received, body []byte, targetGroupARN, traceID string) ([]byte, error) {
	text := len(body) == 0 || sentAsText(request, body)
	made := event{
		HTTPMethod: request.method, Path: request.path, Query: queryParameters(request.query),
		Headers: map[string][]string{}, IsBase64Encoded: !text,
	}
	made.RequestContext.ELB.TargetGroupARN = targetGroupARN
	for _, header := range request.headers {
		if !hopByHop[header[0]] {
			made.Headers[header[0]] = append(made.Headers[header[0]], latin1ToUTF8(header[1]))
		}
	}
	made.Headers["x-forwarded-for"] = []string{request.address.String()}
	made.Headers["x-forwarded-proto"] = []string{forwardedProto}
	made.Headers["x-forwarded-port"] = []string{forwardedPort}
	made.Headers["x-amzn-trace-id"] = []string{"Root=" + traceID}
	head, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	head = append(head[:len(head)-1], `,"body":`...)
	if text {
		var rendered bytes.Buffer
		rendered.Grow(len(head) + len(body) + len(body)/8 + len(`""}`))
		rendered.Write(head)
		encoder := json.NewEncoder(&rendered)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(string(body))
		rendered.WriteByte('}')
		return rendered.Bytes(), err
	}
	// No letter of base64 is escaped in JSON, so the encoder of JSON need not look at each.
	rendered := make([]byte, 0, len(head)+base64.StdEncoding.EncodedLen(len(body))+len(`""}`))
	rendered = append(append(rendered, head...), '"')
	rendered = base64.StdEncoding.AppendEncode(rendered, body)
	return append(rendered, '"', '}'), nil
}

var textType = regexp.MustCompile(`(?i)^(text/|application/(json|javascript|xml)\s*(;|$))`)

// sentAsText is true if the event has the body as text, not as base64: its type is text, it has no content encoding, and
// its bytes are valid text. JSON cannot carry other bytes.
func sentAsText(request *received, body []byte) bool {
	types := request.values("content-type")
	return len(request.values("content-encoding")) == 0 && len(types) > 0 && textType.MatchString(types[0]) && utf8.Valid(body)
}

func queryParameters(query string) map[string][]string {
	parameters := map[string][]string{}
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			name, value, _ := strings.Cut(part, "=")
			parameters[name] = append(parameters[name], value)
		}
	}
	return parameters
}

// latin1ToUTF8 keeps each byte of a header's value as one character, so that no byte is lost in JSON.
func latin1ToUTF8(text string) string {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			var wide strings.Builder
			for j := range len(text) {
				wide.WriteRune(rune(text[j]))
			}
			return wide.String()
		}
	}
	return text
}
