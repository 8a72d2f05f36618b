package oidc

// linkedin is "Sign In with LinkedIn using OpenID Connect". Its ID tokens carry no nonce, it takes the secret in the form alone, and it refuses a
// code that comes with a verifier: what binds the answer to the browser is the state.
func linkedin() template {
	p := plain()
	p.presets = func(c *Config) error {
		preset(&c.Issuer, "https://www.linkedin.com/oauth")
		preset(&c.AuthMethod, methodPost)
		return nil
	}
	p.ask = func(_ Config, request map[string]string) { delete(request, "nonce") }
	p.noPKCE, p.noNonce, p.noAuthTime, p.offline = true, true, true, false
	return p
}
