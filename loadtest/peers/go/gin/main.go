// Gin as in the study: release mode, no middleware, a string as answer. Gin stands on net/http.
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"troupe/peers/given"
)

func main() {
	arguments := given.Read()
	products := arguments.Products()
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/hello", func(c *gin.Context) { c.String(http.StatusOK, "Hello") })
	router.POST("/echo", func(c *gin.Context) {
		body, err := c.GetRawData()
		if err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		c.Data(http.StatusOK, c.ContentType(), body)
	})
	router.GET("/v1/products/:id", func(c *gin.Context) {
		product, found := products[c.Param("id")]
		if !found {
			c.Status(http.StatusNotFound)
			return
		}
		c.Header("ETag", product.Etag)
		c.Data(http.StatusOK, "application/json", product.JSON)
	})
	given.Fail(http.ListenAndServe(arguments.Address, router))
}
