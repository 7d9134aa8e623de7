package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
)

// door is the path that senders post to; ours is the webhook of that name.
const door = "/in/" + portal

// front is the HTTP face that river is given: it looks at the credentials, reads the body and takes it.
func front(take func(context.Context, []byte) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+door, func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+token)) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = take(r.Context(), body)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintf(w, `{"detail":%q}`, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"kept":true}`)
	})
	return mux
}
