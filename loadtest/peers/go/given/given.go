// Package given reads what a peer is given: PORT THREADS [FILE [MOST]], and the products in the file.
package given

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// Fail ends the program: a peer that cannot start must not be measured.
func Fail(what any) {
	fmt.Fprintln(os.Stderr, "peer:", what)
	os.Exit(1)
}

// Arguments are the address to listen on, the number of threads, and where the products are or the payments go.
type Arguments struct {
	Address string
	Threads int
	Path    string
}

// Read takes the arguments of the program and limits the Go threads that run at once to THREADS.
func Read() Arguments {
	if len(os.Args) < 3 {
		Fail("expected PORT THREADS [FILE [MOST]]")
	}
	port, err := strconv.ParseUint(os.Args[1], 10, 16)
	if err != nil {
		Fail(err)
	}
	threads, err := strconv.Atoi(os.Args[2])
	if err != nil || threads < 1 {
		Fail("THREADS must be a number of at least 1")
	}
	runtime.GOMAXPROCS(threads)
	given := Arguments{Address: fmt.Sprintf("127.0.0.1:%d", port), Threads: threads}
	if len(os.Args) > 3 {
		given.Path = os.Args[3]
	}
	return given
}

// Listen takes connections as Troupe and the floor do: handed over with their first request (TCP_DEFER_ACCEPT), which spares a
// wake-up for each.
func (given Arguments) Listen() net.Listener {
	deferred := func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(descriptor uintptr) {
			failed = syscall.SetsockoptInt(int(descriptor), syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, 1)
		})
		if err != nil {
			return err
		}
		return failed
	}
	config := net.ListenConfig{Control: deferred}
	listener, err := config.Listen(context.Background(), "tcp4", given.Address)
	if err != nil {
		Fail(err)
	}
	return listener
}

// Product is a page as the file has it.
type Product struct {
	Etag string
	JSON []byte
}

// Products reads the pages by id, if a file was given: id TAB entity-tag TAB JSON on each line.
func (given Arguments) Products() map[string]Product {
	products := map[string]Product{}
	if given.Path == "" {
		return products
	}
	text, err := os.ReadFile(given.Path)
	if err != nil {
		Fail(err)
	}
	for line := range bytes.Lines(text) {
		columns := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte("\t"), 3)
		if len(columns) != 3 {
			Fail(fmt.Sprintf("%s: bad line: %s", given.Path, line))
		}
		products[string(columns[0])] = Product{string(columns[1]), columns[2]}
	}
	return products
}
