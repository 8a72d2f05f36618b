package checks

import "github.com/jedan-auth/jedan-auth/risk"

// Rows is the table. Its order is that of explanations, not of effect.
func Rows() []risk.Row {
	return []risk.Row{
		{Name: "device", Weight: 1, Check: risk.CheckFunc(device)},
		{Name: "place", Weight: 1, Check: risk.CheckFunc(place)},
		{Name: "travel", Weight: 1, Check: risk.CheckFunc(travel)},
		{Name: "velocity", Weight: 1, Check: risk.CheckFunc(velocity)},
		{Name: "stuffing", Weight: 1, Check: risk.CheckFunc(stuffing)},
		{Name: "spraying", Weight: 1, Check: risk.CheckFunc(spraying)},
		{Name: "guessed", Weight: 1, Check: risk.CheckFunc(guessed)},
		{Name: "hour", Weight: 1, Check: risk.CheckFunc(hour)},
		{Name: "behaviour", Weight: 1, Check: risk.CheckFunc(behaviour)},
		{Name: "version", Weight: 1, Check: risk.CheckFunc(version)},
		{Name: "forest", Weight: 1, Check: risk.CheckFunc(forest)},
		{Name: "request", Weight: 1, Check: risk.CheckFunc(request)},
		{Name: "breach", Weight: 1, Check: risk.CheckFunc(breach)},
		{Name: "reputation", Weight: 1, Check: risk.CheckFunc(reputation)},
	}
}
