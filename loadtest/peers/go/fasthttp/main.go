// fasthttp, routed by a switch; its prefork mode: a process with one thread and a listener of its own for each of THREADS.
package main

import (
	"bytes"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/prefork"

	"troupe/peers/given"
)

// Prefork leaves SIGTERM to the first process, which would end without its children.
func endChildrenOnTerm(forked *prefork.Prefork) {
	children := make(chan int, 256)
	forked.OnChildSpawn = func(pid int) error {
		children <- pid
		return nil
	}
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM)
	go func() {
		<-ends
		for len(children) > 0 {
			syscall.Kill(<-children, syscall.SIGKILL)
		}
		os.Exit(0)
	}()
}

func main() {
	arguments := given.Read()
	products := arguments.Products()
	hello, productsPath, etag := []byte("Hello"), []byte("/v1/products/"), []byte("ETag")
	handle := func(ctx *fasthttp.RequestCtx) {
		path := ctx.Path()
		if string(path) == "/hello" && ctx.IsGet() {
			ctx.SetContentType("text/plain")
			ctx.SetBody(hello)
			return
		}
		if id, below := bytes.CutPrefix(path, productsPath); below && ctx.IsGet() {
			if product, found := products[string(id)]; found {
				ctx.SetContentType("application/json")
				ctx.Response.Header.SetCanonical(etag, []byte(product.Etag))
				ctx.SetBody(product.JSON)
				return
			}
		}
		ctx.SetStatusCode(fasthttp.StatusNotFound)
	}
	server := &fasthttp.Server{Handler: handle, NoDefaultServerHeader: true}
	if arguments.Threads == 1 {
		given.Fail(server.ListenAndServe(arguments.Address))
	}
	runtime.GOMAXPROCS(arguments.Threads) // So many children prefork starts, each with GOMAXPROCS 1.
	forked := prefork.New(server)
	forked.Reuseport = true
	forked.Network = "tcp4"
	forked.OnMasterDeath = func() { os.Exit(1) }
	forked.RecoverThreshold = 0 // No new child for one that has ended: the measurement would be worth nothing.
	if !prefork.IsChild() {
		endChildrenOnTerm(forked)
	}
	given.Fail(forked.ListenAndServe(arguments.Address))
}
