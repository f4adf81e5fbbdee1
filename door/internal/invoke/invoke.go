// Package invoke calls Postern's functions.
package invoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"door/internal/config"
)

// Invoker calls the aliases of functions.
type Invoker struct {
	client *lambda.Client
}

// A call has this much more time than the function, so that the function's own timeout ends it.
const grace = 2 * time.Second

// New makes an invoker. There are no retries: the client of the door repeats its request, as it does behind an ALB.
func New(aws aws.Config, connections int) *Invoker {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.MaxIdleConns = connections
		transport.MaxIdleConnsPerHost = connections
	})
	return &Invoker{client: lambda.NewFromConfig(aws, func(options *lambda.Options) {
		options.Retryer = noRetries{}
		options.HTTPClient = client
	})}
}

// noRetries is aws.NopRetryer with the one attempt that the SDK asks for.
type noRetries struct{ aws.NopRetryer }

func (noRetries) MaxAttempts() int { return 1 }

// Causes of a failed call. They have no text of the function's, because that can have anything in it.
var (
	ErrFunction = errors.New("function-error")
	ErrTimeout  = errors.New("function-timeout")
	ErrService  = errors.New("invoke-failed")
	ErrTooLarge = errors.New("result-too-large")
)

// Call invokes a function and returns its result of at most limit bytes.
func (i *Invoker) Call(ctx context.Context, target config.Target, event []byte, limit int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(target.TimeoutSeconds)*time.Second+grace)
	defer cancel()
	output, err := i.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(target.ARN), Payload: event},
		func(options *lambda.Options) {
			options.HTTPClient = &bounded{client: options.HTTPClient, limit: int64(limit)}
		})
	switch {
	case err == nil && output.FunctionError != nil:
		return nil, ErrFunction
	case err == nil && output.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: status %d", ErrService, output.StatusCode)
	case err == nil && len(output.Payload) > limit:
		return nil, ErrTooLarge
	case err == nil:
		return output.Payload, nil
	case errors.Is(err, errBeyondLimit):
		return nil, ErrTooLarge
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, ErrTimeout
	}
	var answered *awshttp.ResponseError
	// 0: no answer came. 200: half of one came.
	if errors.As(err, &answered) && answered.HTTPStatusCode() >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%w: status %d", ErrService, answered.HTTPStatusCode())
	}
	return nil, ErrService
}

var errBeyondLimit = errors.New("the result is larger than its limit")

// bounded ends the reading of an answer above its limit, so that no answer fills the memory.
type bounded struct {
	client lambda.HTTPClient
	limit  int64
}

func (b *bounded) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		// The SDK closes the body as soon as an answer begins. Its WriteTo is then an error (io.EOF) for net/http, which closes
		// the connection in the middle of the answer. Its Read is not, so net/http must not see WriteTo.
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	answer, err := b.client.Do(request)
	if err == nil && answer.Body != nil {
		answer.Body = &boundedBody{body: answer.Body, left: b.limit}
	}
	return answer, err
}

type boundedBody struct {
	body io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errBeyondLimit
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }
