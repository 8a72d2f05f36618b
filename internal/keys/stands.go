package keys

// Stands reports whether the key with this id is published and not revoked at this moment: what it signed may be believed.
func (s *Set) Stands(kid string) bool {
	k, ok := s.state.Load().byKID[kid]
	return ok && k.published(s.deps.Now())
}
