package discovery

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// answer is a document with everything about it that does not depend on the request, made once: the slices are shared by all responses.
type answer struct {
	body                                    []byte
	etag, cache, contentType, contentLength []string
}

func newAnswer(body []byte, etag, cache, contentType string) *answer {
	return &answer{
		body: body, etag: []string{etag}, cache: []string{cache}, contentType: []string{contentType}, contentLength: []string{strconv.Itoa(len(body))},
	}
}

// send answers 304 to whoever has the document already (RFC 9110 section 13.1.2).
func (a *answer) send(c *gin.Context) error {
	h := c.Writer.Header()
	h["Etag"], h["Cache-Control"] = a.etag, a.cache
	if c.GetHeader("If-None-Match") == a.etag[0] {
		c.Writer.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"], h["Content-Length"] = a.contentType, a.contentLength
	c.Writer.WriteHeader(http.StatusOK)
	_, err := c.Writer.Write(a.body)
	return err
}
