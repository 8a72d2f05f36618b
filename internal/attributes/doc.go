// Package attributes is the profile schema: the attributes that a deployment keeps of people beside the standard claims (OpenID Connect Core section 5.1).
//
// It owns what an attribute is called, which values it takes, who sees and changes it, and which claim of which scope carries it. It owns neither where
// values are stored (internal/directory), nor the pages that ask for them, nor who is granted a scope (provider).
package attributes
