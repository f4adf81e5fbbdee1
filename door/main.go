// The network door: terminates TLS behind a Network Load Balancer, checks each request and invokes Postern's functions.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"door/internal/config"
	"door/internal/logs"
	"door/internal/server"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

func run(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("door", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("config", "", "`FILE` with the configuration. Default: the variable DOOR_CONFIG")
	address := flags.String("address", "", "`ADDRESS` of the machine on which the ports are opened. Default: all")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := serve(*file, *address, getenv, stdout); err != nil {
		fmt.Fprintf(stderr, "door: %v\n", err)
		return 1
	}
	return 0
}

func serve(file, address string, getenv func(string) string, stdout io.Writer) error {
	text := []byte(getenv("DOOR_CONFIG"))
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return fmt.Errorf("the configuration is not readable: %w", err)
		}
	}
	if len(text) == 0 {
		return errors.New("there is no configuration. Set DOOR_CONFIG, or give --config FILE")
	}
	parsed, err := config.Parse(text)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	ctx := context.Background()
	cloud, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("the configuration of AWS is not readable: %w", err)
	}
	logger := logs.New(parsed.Environment, parsed.Metrics, stdout, time.Now)
	defer logger.Close()
	door, err := server.Start(ctx, server.Options{Config: parsed, AWS: cloud, Address: address, Logger: logger, Now: time.Now})
	if err != nil {
		return err
	}
	logger.Event("listening", map[string]any{"tls": door.TLSAddress.String(), "health": door.HealthAddress.String()})
	for {
		select {
		case err := <-door.Failed():
			return fmt.Errorf("a port cannot go on: %w", err)
		case received := <-signals:
			if received == syscall.SIGHUP {
				door.Reload(ctx)
				continue
			}
			drain, cancel := context.WithTimeout(ctx, time.Duration(parsed.Limits.DrainSeconds)*time.Second)
			defer cancel()
			if err := door.Stop(drain); err != nil {
				logger.Error("requests did not end in time", err)
			}
			logger.Event("stopped", nil)
			return nil
		}
	}
}
