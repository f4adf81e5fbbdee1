// The network door: terminates TLS behind a Network Load Balancer and invokes Postern's functions.
package main

import (
	_ "door/internal/waf"
	_ "github.com/aws/aws-sdk-go-v2/config"
	_ "github.com/aws/aws-sdk-go-v2/service/lambda"
	_ "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	_ "github.com/coreos/go-oidc/v3/oidc"
	_ "github.com/pires/go-proxyproto"
)

func main() {}
