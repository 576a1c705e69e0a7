// fasthttp, routed by a switch; its prefork mode: a process with one thread and a listener of its own for each of THREADS.
package main

import (
	"bytes"
	"os"
	"runtime"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/prefork"

	"troupe/peers/given"
)

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
	if err := forked.ListenAndServe(arguments.Address); err != nil {
		given.Fail(err)
	}
	os.Exit(0)
}
