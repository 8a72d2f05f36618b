package userinfo

import (
	"net/http"
	"time"

	"github.com/jedan-auth/jedan-auth/storage"
)

const interaction = "X-Fapi-Interaction-Id"

// interact answers with the request's own identifier, by which client and server find the same request in their logs (FAPI 1.0 Part 1 section
// 6.2.1, 11). Requests with a token that is bound to a certificate, as that profile wants it, get one if they bring none.
func interact(answer http.Header, r *request, now time.Time) {
	id := r.HTTP.Header.Get(interaction)
	if id == "" && r.Cnf.X5T == "" {
		return
	}
	if _, err := storage.ParseID(id); err != nil {
		if id = ""; r.Cnf.X5T != "" {
			id = storage.NewID(now).String()
		}
	}
	if id != "" {
		answer[interaction] = []string{id}
	}
}
