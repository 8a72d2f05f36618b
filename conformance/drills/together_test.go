package drills

import "sync"

// together lets what it is given run at the same moment, and returns the answers. An answer that did not come fails the test.
func (a *arena) together(send []func() (answer, error)) []answer {
	a.t.Helper()
	answers, failed := make([]answer, len(send)), make([]error, len(send))
	ready := make(chan struct{})
	var all sync.WaitGroup
	for i, one := range send {
		all.Go(func() {
			<-ready
			answers[i], failed[i] = one()
		})
	}
	close(ready)
	all.Wait()
	for _, err := range failed {
		if err != nil {
			a.t.Fatal(err)
		}
	}
	return answers
}
