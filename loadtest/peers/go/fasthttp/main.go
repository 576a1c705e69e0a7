// fasthttp, routed by comparing paths, in one process.
package main

import (
	"bytes"

	"github.com/valyala/fasthttp"

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
		if string(path) == "/echo" && ctx.IsPost() {
			ctx.SetContentTypeBytes(ctx.Request.Header.ContentType())
			ctx.SetBody(ctx.PostBody())
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
	given.Fail(server.Serve(arguments.Listen()))
}
