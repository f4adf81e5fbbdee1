// Package front answers requests: it refuses what an ALB, its web ACL and its token check would refuse, and hands the rest
// to a function.
package front

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"door/internal/accesstoken"
	"door/internal/config"
	"door/internal/http1"
	"door/internal/logs"
	"door/internal/rates"
	"door/internal/shares"
	"door/internal/waf"
)

// Inspector is the firewall.
type Inspector interface {
	Inspect(request waf.Request) (waf.Verdict, error)
}

// Caller invokes functions.
type Caller interface {
	Call(ctx context.Context, target config.Target, event []byte, limit int) ([]byte, error)
}

// Checker checks access tokens.
type Checker interface {
	Check(ctx context.Context, authorization []string) accesstoken.Verdict
}

// Parts are what a front consists of.
type Parts struct {
	Config   *config.Config
	Firewall Inspector
	Caller   Caller
	Checkers map[string]Checker
	Logger   *logs.Logger
	Now      func() time.Time
}

// Front is the handler of both versions of HTTP.
type Front struct {
	Parts
	hasher *rates.Hasher
	// The rates of AWS WAF's rules with these names.
	callbacks, callbackPath, others, handshake *rates.Counter
	// Requests that are open, calls of functions that run, and bytes of bodies and answers in memory.
	open, calls, memory *shares.Pool
}

// New makes a front.
func New(parts Parts) (*Front, error) {
	hasher, err := rates.NewHasher()
	if err != nil {
		return nil, err
	}
	limits, l := parts.Config.Rates, parts.Config.Limits
	counter := func(limit int) *rates.Counter {
		return rates.New(limit, time.Duration(limits.WindowSeconds)*time.Second, limits.Keys)
	}
	return &Front{
		Parts: parts, hasher: hasher,
		callbacks: counter(limits.Callbacks), callbackPath: counter(limits.CallbackPath),
		others: counter(limits.Others), handshake: counter(limits.Handshake),
		open:   shares.New(int64(l.Connections), int64(l.ConnectionsPerAddress)),
		calls:  shares.New(int64(l.Requests), int64(l.RequestsPerAddress)),
		memory: shares.New(int64(l.Requests)*l.BodyBytes, int64(l.RequestsPerAddress)*l.BodyBytes),
	}, nil
}

type connKey struct{}

// ConnInfo is what a request has of its connection.
type ConnInfo struct {
	Accepted time.Time
	// HTTP1 has the heads of the requests. It is nil for HTTP/2.
	HTTP1 *http1.Conn
}

// WithConn adds the connection to the context of its requests.
func WithConn(ctx context.Context, info ConnInfo) context.Context {
	return context.WithValue(ctx, connKey{}, info)
}

// exchange is one request and its line in the log.
type exchange struct {
	front     *Front
	w         http.ResponseWriter
	r         *http.Request
	started   time.Time
	log       logs.Request
	traceID   string
	committed bool
	// Key of the address, for shares and rates.
	key string
	// What the request has of front.open, front.calls and front.memory.
	open, calls, held int64
	// True if the client may still send bytes of this request.
	unread bool
	// Reads and drops such bytes, at most limit of them. It waits for them until the read deadline.
	discard func(limit int64)
}

// ServeHTTP implements http.Handler.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := f.Now()
	x := &exchange{front: f, w: w, r: r, started: now, traceID: newTraceID(now)}
	x.log = logs.Request{RequestID: x.traceID, Protocol: r.Proto}
	defer x.finish()
	x.serve()
}

// finish answers 503 after a panic, frees what the request held, and writes its line.
func (x *exchange) finish() {
	x.endCall()
	x.release()
	defer func() { x.front.open.Give(x.key, x.open) }()
	panicked := recover()
	if panicked != nil && !x.committed {
		// The value of a panic can have text of the client in it.
		x.refuse(config.AnswerUnavailable, "panic")
	}
	x.log.Duration = x.front.Now().Sub(x.started)
	x.front.Logger.Request(x.log)
	if panicked == nil {
		x.discardRest()
	}
	if panicked != nil && x.committed && x.log.Cause != "panic" {
		// A part of the answer may be on its way: the client must see that it is not whole.
		panic(http.ErrAbortHandler)
	}
}

// endCall gives the place of the call to another request.
func (x *exchange) endCall() {
	x.front.calls.Give(x.key, x.calls)
	x.calls = 0
}

// release gives back the bytes that the request holds.
func (x *exchange) release() {
	x.front.memory.Give(x.key, x.held)
	x.held = 0
}

func (x *exchange) serve() {
	f, limits := x.front, x.front.Config.Limits
	info, ok := x.r.Context().Value(connKey{}).(ConnInfo)
	peer, err := netip.ParseAddrPort(x.r.RemoteAddr)
	if !ok || err != nil {
		x.refuse(config.AnswerUnavailable, "no-connection")
		return
	}
	address := peer.Addr().Unmap().WithZone("")
	x.log.Address = address.String()
	x.key = rates.AddressKey(address)
	control := http.NewResponseController(x.w)
	whole := seconds(limits.BodyReadSeconds + limits.AnswerWriteSeconds)
	for _, target := range f.Config.Functions {
		whole = max(whole, seconds(limits.BodyReadSeconds+limits.AnswerWriteSeconds+target.TimeoutSeconds))
	}
	_ = control.SetWriteDeadline(time.Now().Add(whole))
	if f.Now().Sub(info.Accepted) > seconds(limits.KeepAliveSeconds) {
		x.w.Header().Set("Connection", "close")
	}

	head := http1.Head{}
	if info.HTTP1 == nil {
		head = headOf(x.r)
	} else if head, ok = info.HTTP1.Next(); !ok {
		x.refuse(config.AnswerUnavailable, "no-head")
		return
	}
	x.expectRest(info.HTTP1, head)
	if !f.open.Take(x.key, 1) {
		x.refuse(config.AnswerUnavailable, "busy")
		return
	}
	x.open = 1
	request, refusal := readRequest(head, address, limits)
	if refusal != "" {
		x.refuse(refusal, "")
		return
	}
	x.log.Protocol = request.protocol
	rule := x.admit(request)
	if rule == nil {
		return
	}
	body, refusal, cause := x.readBody(control, rule.BodyBytes)
	if refusal != "" {
		x.refuse(refusal, cause)
		return
	}
	if !x.inspect(request, rule, body) {
		return
	}
	x.invoke(control, request, rule, body)
}

// admit checks what can be checked without the body. It returns nil if it has answered.
func (x *exchange) admit(request *received) *config.Rule {
	f := x.front
	if request.host != f.Config.Host {
		x.refuse(config.AnswerNotFound, "other-host")
		return nil
	}
	rule := ruleFor(f.Config.Rules, request.method, request.path)
	if rule == nil {
		x.refuse(config.AnswerNotFound, "")
		return nil
	}
	x.log.Function, x.log.Profile = rule.Function, rule.Profile
	if len(request.path) > f.Config.Limits.PathBytes {
		x.block(config.AnswerTooLong, "LongPath")
		return nil
	}
	if rule.Profile == config.ProfileCallback && !f.isSource(request.address) {
		x.block(config.AnswerForbidden, "CallbackSources")
		return nil
	}
	if exceeded := f.count(request, rule); exceeded != "" {
		x.block(config.AnswerTooMany, exceeded)
		return nil
	}
	if rule.Check == config.CheckNone {
		return rule
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), seconds(f.Config.Limits.KeysFetchSeconds))
	defer cancel()
	switch f.Checkers[rule.Check].Check(ctx, request.values("authorization")) {
	case accesstoken.Valid:
		return rule
	case accesstoken.KeysUnavailable:
		x.refuse(config.AnswerUnavailable, "keys-unavailable")
	default:
		x.refuse(config.AnswerUnauthorized, "")
	}
	return nil
}

func (f *Front) isSource(address netip.Addr) bool {
	if f.Config.Sources == nil {
		return true
	}
	for _, source := range f.Config.Sources {
		if source.Contains(address) {
			return true
		}
	}
	return false
}

// count counts the request, and returns the name of the first rate that it exceeds.
func (f *Front) count(request *received, rule *config.Rule) string {
	now, key, cost := f.Now(), rates.AddressKey(request.address), costOf(request)
	if rule.Profile == config.ProfileCallback {
		if !f.callbacks.Allow(key, now, cost) {
			return "CallbackRate"
		}
		if !f.callbackPath.Allow(f.hasher.Key(request.address, request.path), now, cost) {
			return "CallbackPathRate"
		}
		return ""
	}
	if !f.others.Allow(key, now, cost) {
		return "OtherRate"
	}
	if request.path == f.Config.Rates.HandshakePath && !f.handshake.Allow(key, now, cost) {
		return "HandshakeRate"
	}
	return ""
}

// headerUnit is the number of bytes of headers for which a request counts once more. The rules read each header many times, and
// HPACK (RFC 7541) lets a few bytes on the wire stand for a long header. So long headers use up the rate.
const headerUnit = 4_096

func costOf(request *received) uint32 {
	size := len(request.path) + len(request.query)
	for _, header := range request.headers {
		size += len(header[0]) + len(header[1])
	}
	return 1 + uint32(size/headerUnit)
}

// Bytes of a body that are read at once: the first, and later ones.
const (
	firstChunk = 512
	chunk      = 32 * 1024
)

// readBody reads a body of at most limit bytes, or returns the answer of the refusal and its cause.
func (x *exchange) readBody(control *http.ResponseController, limit int64) (body []byte, refusal, cause string) {
	if x.r.ContentLength > limit {
		return nil, config.AnswerTooLarge, ""
	}
	if x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		return nil, "", ""
	}
	if x.unread {
		x.discard = x.discardBody
	}
	_ = control.SetReadDeadline(time.Now().Add(seconds(x.front.Config.Limits.BodyReadSeconds)))
	body = make([]byte, 0, firstChunk)
	for {
		if len(body) == cap(body) {
			// Memory grows as bytes come, so that a header alone holds next to nothing.
			size := 2*cap(body) + chunk
			if x.r.ContentLength > 0 {
				size = min(size, int(x.r.ContentLength)+1)
			}
			grown := make([]byte, len(body), max(size, len(body)+1))
			copy(grown, body)
			body = grown
		}
		n, err := x.r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		x.log.RequestBytes = int64(len(body))
		if int64(len(body)) > limit {
			return nil, config.AnswerTooLarge, ""
		}
		if !x.hold(int64(n)) {
			return nil, config.AnswerUnavailable, "memory"
		}
		switch {
		case errors.Is(err, io.EOF):
			x.unread = false
			_ = control.SetReadDeadline(time.Time{})
			return body, "", ""
		case errors.Is(err, os.ErrDeadlineExceeded):
			x.discard = nil
			return nil, config.AnswerSlow, ""
		case err != nil:
			x.discard = nil
			return nil, config.AnswerUnreadable, "body"
		}
	}
}

// hold counts bytes of a body or an answer. It returns false if the task, or the address, has too many.
func (x *exchange) hold(n int64) bool {
	if !x.front.memory.Take(x.key, n) {
		return false
	}
	x.held += n
	return true
}

func (x *exchange) inspect(request *received, rule *config.Rule, body []byte) bool {
	verdict, err := x.front.Firewall.Inspect(waf.Request{
		Callback: rule.Profile == config.ProfileCallback, Method: request.method, Path: request.path, Query: request.query,
		Protocol: request.protocol, Host: request.host, RemoteAddress: request.address.String(),
		Headers: request.headers, Body: body,
	})
	if err != nil {
		x.refuse(config.AnswerUnavailable, "firewall")
		return false
	}
	if verdict.Blocked {
		x.log.Severity, x.log.Variable = verdict.Severity, verdict.Variable
		x.block(answerOf(verdict.Status), strconv.Itoa(verdict.RuleID))
		return false
	}
	return true
}

// answerOf returns the answer with this status of the firewall. The rules of the rule set have no other than 403.
func answerOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return config.AnswerUnreadable
	case http.StatusNotFound:
		return config.AnswerNotFound
	case http.StatusRequestEntityTooLarge:
		return config.AnswerTooLarge
	case http.StatusRequestURITooLong:
		return config.AnswerTooLong
	default:
		return config.AnswerRefused
	}
}

func (x *exchange) invoke(control *http.ResponseController, request *received, rule *config.Rule, body []byte) {
	f := x.front
	if !f.calls.Take(x.key, 1) {
		x.refuse(config.AnswerUnavailable, "busy")
		return
	}
	x.calls = 1
	target := f.Config.Functions[rule.Function]
	made, err := makeEvent(request, body, target.TargetGroupARN, x.traceID)
	if err != nil {
		x.refuse(config.AnswerUnavailable, "event")
		return
	}
	// The function goes on if the client goes away, and a client may close its half of the connection after its request.
	result, err := f.Caller.Call(context.WithoutCancel(x.r.Context()), target, made, f.Config.Limits.ResultBytes)
	if err != nil {
		x.refuse(config.AnswerUnavailable, err.Error())
		return
	}
	read, err := readResult(result)
	if err != nil {
		x.refuse(config.AnswerUnavailable, err.Error())
		return
	}
	// A client that does not read its answer must not keep others from a call.
	x.endCall()
	x.release()
	if !x.hold(int64(len(read.body))) {
		x.refuse(config.AnswerUnavailable, "memory")
		return
	}
	_ = control.SetWriteDeadline(time.Now().Add(seconds(f.Config.Limits.AnswerWriteSeconds)))
	x.log.Outcome = "answered"
	x.send(read)
}

// block refuses a request by a rule that is counted.
func (x *exchange) block(answerName, rule string) {
	x.log.BlockedBy = rule
	x.refuse(answerName, "")
}

// refuse sends one of the door's own answers.
func (x *exchange) refuse(answerName, cause string) {
	own := x.front.Config.Answers[answerName]
	x.log.Outcome, x.log.Cause = answerName, cause
	problem := own.Problem
	problem.RequestID = x.traceID
	text, err := json.Marshal(problem)
	if err != nil {
		text = []byte("{}")
	}
	sent := &answer{status: own.Status, headers: map[string][]string{}, body: append(text, '\n')}
	for name, value := range own.Headers {
		sent.headers[http.CanonicalHeaderKey(name)] = []string{value}
	}
	sent.headers["X-Request-Id"] = []string{x.traceID}
	if x.unread {
		x.sendEarly(sent)
		return
	}
	x.send(sent)
}

func (x *exchange) send(sent *answer) {
	headers := x.w.Header()
	for name, values := range sent.headers {
		headers[name] = values
	}
	for name, value := range x.front.Config.AnswerHeaders {
		headers.Set(name, value)
	}
	if _, found := sent.headers["Content-Type"]; !found {
		// Without this net/http would guess a type.
		headers["Content-Type"] = nil
	}
	hasBody := sent.status != http.StatusNoContent && sent.status != http.StatusNotModified
	if hasBody {
		headers.Set("Content-Length", strconv.Itoa(len(sent.body)))
	}
	x.log.Status = sent.status
	x.committed = true
	x.w.WriteHeader(sent.status)
	if hasBody && x.r.Method != http.MethodHead {
		x.log.AnswerBytes = len(sent.body)
		_, _ = x.w.Write(sent.body)
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// newTraceID makes the root of a trace, which is the id of the request too.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
func newTraceID(now time.Time) string {
	random := make([]byte, 12)
	_, _ = rand.Read(random)
	return fmt.Sprintf("1-%08x-%s", now.Unix(), hex.EncodeToString(random))
}
