package waf

import (
	"strings"
	"syscall"
	"testing"
)

// cpuMilliseconds is the CPU time of this process until now.
func cpuMilliseconds(b *testing.B) float64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	milliseconds := func(time syscall.Timeval) float64 { return float64(time.Sec)*1e3 + float64(time.Usec)/1e3 }
	return milliseconds(usage.Utime) + milliseconds(usage.Stime)
}

// BenchmarkInspect reports the CPU time of the process for each request, so that other programs of the machine do not count, and its
// ratio to a callback without a body.
func BenchmarkInspect(b *testing.B) {
	random := seeded(21)
	callback := request("POST", "/v1/results/"+taskID+"/"+signedToken(random), "", clients["Go"]...)
	inHeader := request("POST", "/v1/results/"+taskID, "", [2]string{"authorization", "Bearer " + signedToken(random)})
	sender := request("POST", "/v1/tasks/"+taskID+"/callbacks", "", [2]string{"authorization", "Bearer " + signedToken(random)})
	megabyte := []byte(`{"boxes":"` + strings.Repeat("x", 1<<20-12) + `"}`)
	firewall := generated(b)
	inspect := func(one Request) {
		if _, err := firewall.Inspect(one); err != nil {
			b.Fatal(err)
		}
	}
	const rounds = 200
	inspect(callback)
	start := cpuMilliseconds(b)
	for range rounds {
		inspect(callback)
	}
	reference := (cpuMilliseconds(b) - start) / rounds
	for _, one := range []struct {
		name    string
		request Request
	}{
		{"health", request("GET", "/healthz", "")},
		{"callback without body", callback},
		{"callback of 1 MB JSON", withBody(callback, "application/json", megabyte)},
		{"callback of 1 MB octets", withBody(callback, "application/octet-stream", randomBytes(random, 1<<20))},
		{"callback by code", request("POST", "/c/"+shortCode(random), "")},
		{"callback by header", inHeader},
		{"callback with all headers", request("POST", "/v1/results/"+taskID, "", proofs()["an HTTP signature"]...)},
		{"sender without body", sender},
		{"sender with 200 B", withBody(sender, "application/json", []byte(`{"note":"`+strings.Repeat("a", 190)+`"}`))},
		{"sender with 16 KB", withBody(sender, "application/json", []byte(`{"note":"`+strings.Repeat("select ${ ", 1600)+`"}`))},
		{"sender opens with 64 KB", withBody(request("POST", "/v1/tasks", "", [2]string{"authorization", "Bearer " + signedToken(random)}), "application/json", megabyte[:65_000])},
		{"query of 4 KB", request("GET", "/v1/tasks", "resource="+randomText(random, base64url, 4087))},
		{"query of 512 B without a token", request("GET", "/healthz", "q="+randomText(random, base64url, 510))},
		{"query of a callback of 4 KB", request("POST", "/c/"+shortCode(random), "access_token="+randomText(random, base64url, 4083))},
		{"query of a callback of 4 KB, many", request("POST", "/c/"+shortCode(random), strings.Repeat("a=%2f&", 682))},
		{"path of 512 B", request("GET", "/problems/"+strings.Repeat("%3Ca", 250), "")},
		{"header of 16 KB", request("GET", "/healthz", "", [2]string{"x-a", randomText(random, base64url, 16000)})},
		{"headers of 64 KB", request("GET", "/healthz", "", [2]string{"x-a", randomText(random, base64url, 16000)}, [2]string{"x-b", randomText(random, base64url, 16000)}, [2]string{"x-c", randomText(random, base64url, 16000)}, [2]string{"x-d", randomText(random, base64url, 16000)})},
		{"cookie of 16 KB", request("GET", "/healthz", "", [2]string{"cookie", "a=" + randomText(random, base64url, 16000)})},
	} {
		b.Run(one.name, func(b *testing.B) {
			before := cpuMilliseconds(b)
			for b.Loop() {
				inspect(one.request)
			}
			each := (cpuMilliseconds(b) - before) / float64(b.N)
			b.ReportMetric(each, "CPU-ms/op")
			b.ReportMetric(each/reference, "ratio")
		})
	}
}
