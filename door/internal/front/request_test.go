package front

import (
	"net/http"
	"net/netip"
	"testing"

	"door/internal/config"
)

func TestHostAndAuthorityOfHTTP2(t *testing.T) {
	limits := config.Limits{LineBytes: 16384, HeaderBytes: 65536}
	for _, test := range []struct {
		authority string
		lines     []string
		refusal   string
	}{
		{"a.example", nil, ""},
		{"a.example", []string{"a.example"}, ""},
		{"a.example", []string{"b.example"}, config.AnswerUnreadable},
		{"a.example", []string{"a.example", "b.example"}, config.AnswerUnreadable},
		{"", nil, config.AnswerUnreadable},
	} {
		// net/http takes host for :authority if that is missing, and keeps the header in both cases.
		r := &http.Request{Method: "POST", RequestURI: "/c/x", Proto: "HTTP/2.0", Host: test.authority, Header: http.Header{}}
		if test.lines != nil {
			r.Header["Host"] = test.lines
		}
		got, refusal := readRequest(headOf(r), netip.MustParseAddr("192.0.2.1"), limits)
		if refusal != test.refusal || (refusal == "" && got.host != "a.example") {
			t.Errorf("%q and %q: the answer is %q", test.authority, test.lines, refusal)
		}
	}
}
