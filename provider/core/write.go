package core

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// WriteJSON writes v as JSON that no cache keeps (RFC 6749 section 5.1).
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return WriteBody(w, status, "application/json", body)
}

// noStore is shared by all responses: a header's values are replaced, never changed.
var noStore = []string{"no-store"}

// shortBody is what net/http certainly buffers whole, so that it knows the length by itself.
const shortBody = 2 << 10

// WriteBody writes bytes that no cache keeps.
func WriteBody(w http.ResponseWriter, status int, contentType string, body []byte) error {
	h := w.Header()
	h["Content-Type"] = typeHeader(contentType)
	h["Cache-Control"] = noStore
	if len(body) > shortBody {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

var jsonType = []string{"application/json"}

func typeHeader(contentType string) []string {
	if contentType == jsonType[0] {
		return jsonType
	}
	return []string{contentType}
}

// WriteError answers a client of a back-channel endpoint (RFC 6749 section 5.2). basic says that it tried the Basic scheme.
func WriteError(w http.ResponseWriter, r *Refusal, basic bool) error {
	status := r.Err.CodeField
	switch {
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case status == http.StatusTooManyRequests && r.After > 0:
		w.Header().Set("Retry-After", strconv.FormatInt(int64((r.After+time.Second-1)/time.Second), 10))
	case status == http.StatusTooManyRequests: // what waits lives for minutes
		w.Header().Set("Retry-After", "10")
	case status == http.StatusUnauthorized && basic:
		w.Header().Set("WWW-Authenticate", `Basic realm="jedan-auth", charset="UTF-8"`)
	case status == http.StatusUnauthorized: // RFC 9110 section 15.5.2 wants a challenge with every 401
		w.Header().Set("WWW-Authenticate", `Basic realm="jedan-auth"`)
	}
	return WriteJSON(w, status, errorBody{Error: r.Err.ErrorField, Description: r.Err.DescriptionField})
}

type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// WriteBearerError answers a request to a resource whose tokens are bearer tokens alone (RFC 6750 section 3). Without a token there is only the challenge; a malformed request is named.
func WriteBearerError(w http.ResponseWriter, r *Refusal, hadToken bool) error {
	status := r.Err.CodeField
	if status == http.StatusServiceUnavailable {
		return WriteError(w, r, false)
	}
	challenge := `Bearer realm="jedan-auth"`
	named := hadToken || status == http.StatusBadRequest
	if named {
		challenge += `, error="` + r.Err.ErrorField + `", error_description="` + r.Err.DescriptionField + `"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	if !named {
		return WriteBody(w, status, "application/json", []byte("{}"))
	}
	return WriteJSON(w, status, errorBody{Error: r.Err.ErrorField, Description: r.Err.DescriptionField})
}
