package app

import "github.com/jedan-auth/jedan-auth/internal/httpx"

// Routes lists everything that this server answers. It wires the features anew, apart from those that serve.
func (a *App) Routes() ([]httpx.Route, error) {
	s, err := a.newServer()
	if err != nil {
		return nil, err
	}
	return s.engine.Routes(), nil
}
