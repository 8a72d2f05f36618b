// Package browser signs people in with Chromium: from the set-up link to the last sign-out, with scripts and without.
//
// The server is the real one and the application another site, so that what only a browser enforces is met: content security policy, SameSite
// cookies, form-action on the redirect after a form. The same tests take the screenshots in docs/screens and run axe-core:
//
//	JEDAN_CHROMIUM  path of Chromium; without it, chromium of the PATH
//	JEDAN_AXE       path of axe.min.js
//	JEDAN_SHOTS     folder that gets the screenshots
//
// Relative paths hold from the root of the repository.
package browser
