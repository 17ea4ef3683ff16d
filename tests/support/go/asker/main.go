// A client for tests, built on Go's net/http: asks for each URL on its command line, all of them at once over
// HTTP/2 only, and prints a line of JSON for each response in the order of the command line.
//
//	asker [-ca FILE] [-connect ADDRESS] [-method METHOD] [-body BYTES] URL...
//
// A URL of scheme http is asked for with prior knowledge. Trailers of a request with a body say how long it was.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

type result struct {
	Protocol string              `json:"protocol"`
	Status   int                 `json:"status"`
	Fields   map[string][]string `json:"fields"`
	Trailers map[string][]string `json:"trailers"`
	Bytes    int64               `json:"bytes"`
	Sha256   string              `json:"sha256"`
	Error    string              `json:"error"`
}

func main() {
	ca := flag.String("ca", "", "PEM file of the certificate to trust")
	connect := flag.String("connect", "", "address to connect to, whatever the URL says")
	method := flag.String("method", "GET", "method")
	size := flag.Int("body", -1, "bytes of the request's body; none if negative")
	flag.Parse()

	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	if *connect != "" {
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, *connect)
		}
	}
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}

	results := make([]result, flag.NArg())
	var group sync.WaitGroup
	for i, url := range flag.Args() {
		group.Add(1)
		go func() {
			defer group.Done()
			results[i] = ask(client, *method, url, *size)
		}()
	}
	group.Wait()
	for _, each := range results {
		line, _ := json.Marshal(each)
		fmt.Println(string(line))
	}
}

func ask(client *http.Client, method, url string, size int) result {
	var body io.Reader
	if size >= 0 {
		// Hides the length, so that the end shows in the framing only.
		body = io.MultiReader(strings.NewReader(strings.Repeat("x", size)))
	}
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		return result{Error: err.Error()}
	}
	if size >= 0 {
		request.Trailer = http.Header{"X-Length": {fmt.Sprint(size)}}
	}
	response, err := client.Do(request)
	if err != nil {
		return result{Error: err.Error()}
	}
	defer response.Body.Close()
	hash := sha256.New()
	count, err := io.Copy(hash, response.Body)
	found := result{
		Protocol: response.Proto,
		Status:   response.StatusCode,
		Fields:   response.Header,
		Trailers: response.Trailer,
		Bytes:    count,
		Sha256:   hex.EncodeToString(hash.Sum(nil)),
	}
	if err != nil {
		found.Error = err.Error()
	}
	return found
}
