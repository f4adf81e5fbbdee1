// Package logs writes one line of JSON for each request, with metrics in CloudWatch's embedded metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
//
// A line never has a path, a query, a header, a body or a token: Request has no field for them.
package logs

import (
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"door/internal/config"
)

// Request is what a line says of a request.
type Request struct {
	RequestID string
	// Function and Profile are those of the rule, and empty if there is none.
	Function string
	Profile  string
	Status   int
	// Outcome is answered, or the name of the door's own answer.
	Outcome string
	// Cause says why, if Outcome alone does not.
	Cause        string
	Address      string
	Protocol     string
	Duration     time.Duration
	RequestBytes int64
	AnswerBytes  int
	// BlockedBy is the rule that blocked the request: an id of the firewall, or the name of a rate or of the sources.
	BlockedBy string
	Severity  string
	Variable  string
}

// Lines that may wait for the reader of the output. Above that, lines are dropped and counted: a full pipe must not stop
// the door.
const waiting = 4096

// Logger writes lines in their order.
type Logger struct {
	environment string
	metrics     config.Metrics
	now         func() time.Time
	lines       chan []byte
	dropped     atomic.Int64
	stopped     sync.WaitGroup
	// Requests that outlive the drain still log. Their lines are dropped once closed is true.
	mutex  sync.RWMutex
	closed bool
}

// New writes to the output until Close.
func New(environment string, metrics config.Metrics, output io.Writer, now func() time.Time) *Logger {
	logger := &Logger{environment: environment, metrics: metrics, now: now, lines: make(chan []byte, waiting)}
	logger.stopped.Add(1)
	go func() {
		defer logger.stopped.Done()
		for line := range logger.lines {
			_, _ = output.Write(line)
		}
	}()
	return logger
}

// Close writes what is waiting. Later lines are dropped.
func (l *Logger) Close() {
	l.mutex.Lock()
	if !l.closed {
		l.closed = true
		close(l.lines)
	}
	l.mutex.Unlock()
	l.stopped.Wait()
}

type line map[string]any

func (l *Logger) write(level, message string, fields line, directives ...any) {
	now := l.now()
	fields["timestamp"] = now.UTC().Format("2006-01-02T15:04:05.000Z")
	fields["level"] = level
	fields["message"] = message
	fields["component"] = "door"
	if dropped := l.dropped.Swap(0); dropped > 0 {
		fields["droppedLines"] = dropped
	}
	if len(directives) > 0 {
		fields[l.metrics.EnvironmentDimension] = l.environment
		fields["_aws"] = line{"Timestamp": now.UnixMilli(), "CloudWatchMetrics": directives}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return
	}
	l.mutex.RLock()
	defer l.mutex.RUnlock()
	if l.closed {
		return
	}
	select {
	case l.lines <- append(text, '\n'):
	default:
		l.dropped.Add(1)
	}
}

func (l *Logger) directive(metrics []line, dimensions ...[]string) line {
	return line{"Namespace": l.metrics.Namespace, "Dimensions": dimensions, "Metrics": metrics}
}

// Request writes the line of a request, with DoorRequests, DoorUnavailable, and DoorBlocked by rule.
func (l *Logger) Request(request Request) {
	fields := line{
		"requestId":    request.RequestID,
		"status":       request.Status,
		"outcome":      request.Outcome,
		"address":      request.Address,
		"protocol":     request.Protocol,
		"durationMs":   float64(request.Duration.Microseconds()) / 1000,
		"requestBytes": request.RequestBytes,
		"answerBytes":  request.AnswerBytes,
		"DoorRequests": 1,
	}
	for name, value := range map[string]string{
		"function": request.Function, "profile": request.Profile, "cause": request.Cause,
		"severity": request.Severity, "variable": request.Variable,
	} {
		if value != "" {
			fields[name] = value
		}
	}
	level, unavailable := "INFO", 0
	if request.Outcome == config.AnswerUnavailable {
		level, unavailable = "ERROR", 1
	}
	fields["DoorUnavailable"] = unavailable
	environment := []string{l.metrics.EnvironmentDimension}
	directives := []any{l.directive([]line{
		{"Name": "DoorRequests", "Unit": "Count"}, {"Name": "DoorUnavailable", "Unit": "Count"},
	}, environment)}
	if request.BlockedBy != "" {
		fields["Rule"] = request.BlockedBy
		fields["DoorBlocked"] = 1
		directives = append(directives, l.directive([]line{{"Name": "DoorBlocked", "Unit": "Count"}},
			environment, []string{l.metrics.EnvironmentDimension, "Rule"}))
	}
	l.write(level, "request", fields, directives...)
}

// CertificateDays writes the days until the certificate expires.
func (l *Logger) CertificateDays(days float64) {
	l.write("INFO", "certificate", line{"DoorCertificateDays": days},
		l.directive([]line{{"Name": "DoorCertificateDays", "Unit": "None"}}, []string{l.metrics.EnvironmentDimension}))
}

// RefusedConnections writes how many connections were closed without an answer. Those for which the door had no place count as
// DoorUnavailable.
func (l *Logger) RefusedConnections(full, ofAddress, unsecured int64) {
	fields := line{"full": full, "ofAddress": ofAddress, "unsecured": unsecured}
	if full == 0 {
		l.write("INFO", "connections refused", fields)
		return
	}
	fields["DoorUnavailable"] = full
	l.write("ERROR", "connections refused", fields, l.directive(
		[]line{{"Name": "DoorUnavailable", "Unit": "Count"}}, []string{l.metrics.EnvironmentDimension}))
}

// Event writes a line about the program itself. The fields must not have text of a client.
func (l *Logger) Event(message string, fields map[string]any) {
	copied := line{}
	for name, value := range fields {
		copied[name] = value
	}
	l.write("INFO", message, copied)
}

// Error writes a line about something that an operator has to look at.
func (l *Logger) Error(message string, cause error) {
	fields := line{}
	if cause != nil {
		fields["cause"] = cause.Error()
	}
	l.write("ERROR", message, fields)
}
