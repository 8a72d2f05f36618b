// Package checksession lets applications watch whether the person is still signed in (OpenID Connect Session Management 1.0): a page at
// /oauth2/check_session that they load in a frame and ask by postMessage, and the session_state that they ask about. It is off unless the configuration
// switches it on: it needs a cookie that scripts can read and that other sites' pages bring along, which many browsers withhold by now.
package checksession
