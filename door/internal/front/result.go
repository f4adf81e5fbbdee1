package front

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/textproto"
	"strconv"
	"strings"
)

// answer is what goes to the client.
type answer struct {
	status int
	// Names as net/http keeps them. Of two names that differ in case only the last counts.
	headers map[string][]string
	body    []byte
}

// They are a load balancer's own business on the way back.
var notPassedOn = map[string]bool{
	"Connection": true, "Keep-Alive": true, "Transfer-Encoding": true, "Upgrade": true, "Content-Length": true, "Trailer": true,
}

var errResult = errors.New("result-unreadable")

// readResult reads the result of a function. It accepts what an ALB accepts.
func readResult(text []byte) (*answer, error) {
	var result struct {
		StatusCode      *float64        `json:"statusCode"`
		Headers         json.RawMessage `json:"multiValueHeaders"`
		Body            *string         `json:"body"`
		IsBase64Encoded *bool           `json:"isBase64Encoded"`
	}
	if err := unmarshalExactly(text, &result); err != nil || result.StatusCode == nil {
		return nil, errResult
	}
	status := *result.StatusCode
	if status != math.Trunc(status) || status < 200 || status > 599 {
		return nil, errResult
	}
	headers, err := readHeaders(result.Headers)
	if err != nil {
		return nil, err
	}
	read := &answer{status: int(status), headers: headers}
	if result.Body != nil {
		read.body = []byte(*result.Body)
		if result.IsBase64Encoded != nil && *result.IsBase64Encoded {
			if read.body, err = base64.StdEncoding.DecodeString(*result.Body); err != nil {
				return nil, errResult
			}
		}
	}
	return read, nil
}

// unmarshalExactly compares names of members with their case, which encoding/json does not.
func unmarshalExactly(text []byte, into any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return errResult
	}
	for name := range members {
		switch name {
		case "statusCode", "multiValueHeaders", "body", "isBase64Encoded":
		default:
			delete(members, name)
		}
	}
	exact, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return json.Unmarshal(exact, into)
}

// readHeaders reads an object of arrays in the order of its members.
func readHeaders(text json.RawMessage) (map[string][]string, error) {
	headers := map[string][]string{}
	if len(text) == 0 || string(text) == "null" {
		return headers, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errResult
	}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok || !isToken(name) {
			return nil, errResult
		}
		var values []any
		if err := decoder.Decode(&values); err != nil || values == nil {
			return nil, errResult
		}
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		lines := make([]string, 0, len(values))
		for _, value := range values {
			line, ok := headerLine(value)
			if !ok {
				return nil, errResult
			}
			lines = append(lines, line)
		}
		if !notPassedOn[canonical] {
			headers[canonical] = lines
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, errResult
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errResult
	}
	return headers, nil
}

// headerLine renders a text, a number or a truth value as a line of ISO 8859-1, as Node does.
func headerLine(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return toLatin1(value)
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		number, err := value.Float64()
		return formatNumber(number), err == nil
	}
	return "", false
}

func toLatin1(text string) (string, bool) {
	line := make([]byte, 0, len(text))
	for _, char := range text {
		if (char < ' ' && char != '\t') || char == 0x7f || char > 0xff {
			return "", false
		}
		line = append(line, byte(char))
	}
	return string(line), true
}

// formatNumber renders a number as JavaScript does (ECMA-262, Number::toString).
func formatNumber(number float64) string {
	size := math.Abs(number)
	if size == 0 {
		return "0"
	}
	if size >= 1e21 || size < 1e-6 {
		text := strconv.FormatFloat(number, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(text, "e")
		return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
	}
	return strconv.FormatFloat(number, 'f', -1, 64)
}

func isToken(text string) bool {
	for i := range len(text) {
		b := text[i]
		letter := (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9')
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b)) {
			return false
		}
	}
	return text != ""
}
