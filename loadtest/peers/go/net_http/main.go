// Go's net/http as in the study: its own multiplexer, Fprint.
package main

import (
	"fmt"
	"io"
	"net/http"

	"troupe/peers/given"
)

func main() {
	arguments := given.Read()
	products := arguments.Products()
	http.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Hello") })
	http.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.Write(body)
	})
	http.HandleFunc("GET /v1/products/{id}", func(w http.ResponseWriter, r *http.Request) {
		product, found := products[r.PathValue("id")]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", product.Etag)
		w.Write(product.JSON)
	})
	given.Fail(http.ListenAndServe(arguments.Address, nil))
}
