package errs

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Error is a failure with a public and a private side.
type Error struct {
	Code       Code          // what kind it is
	Message    string        // one sentence, safe for anyone to read
	Cause      error         // hidden: it reaches the log and nothing else
	RetryAfter time.Duration // when trying again makes sense; zero says nothing
}

// New makes an error without a cause.
func New(code Code, message string) *Error {
	return &Error{Code: code, Message: message}
}

// Wrap makes an error with a hidden cause.
func Wrap(code Code, message string, cause error) *Error {
	return &Error{Code: code, Message: message, Cause: cause}
}

// After returns a copy that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error is the text for the log, cause included. What people see is MessageOf.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the hidden cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// LogValue keeps code, message and cause apart in structured logs.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", string(e.Code)), slog.String("message", e.Message)}
	if e.Cause != nil {
		attrs = append(attrs, slog.String("cause", e.Cause.Error()))
	}
	return slog.GroupValue(attrs...)
}

// CodeOf is the code of the outermost Error in err's chain. Nil has the empty
// code. A deadline or a cancelled context is Unavailable, because nothing was
// decided; anything else unknown is Internal.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Unavailable
	}
	return Internal
}

// Is reports whether err has the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// MessageOf is what anyone may read about err: the outermost Error's message,
// or a sentence for its code. It never contains a cause.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Message != "" && e.Code != Internal {
		return e.Message
	}
	return generic(CodeOf(err))
}

// RetryAfterOf is when trying again makes sense; zero if err does not say.
func RetryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Public is err without its cause: all that a writer of pages needs to know.
func Public(err error) *Error {
	if err == nil {
		return nil
	}
	return &Error{Code: CodeOf(err), Message: MessageOf(err), RetryAfter: RetryAfterOf(err)}
}

func generic(c Code) string {
	switch c {
	case Invalid:
		return "The request is not valid."
	case Unauthenticated:
		return "Sign in first."
	case Forbidden:
		return "This is not allowed."
	case NotFound:
		return "There is nothing here."
	case MethodNotAllowed:
		return "This method is not supported here."
	case Conflict:
		return "Something else changed this first."
	case TooLarge:
		return "The request is too large."
	case UnsupportedMediaType:
		return "This kind of content is not supported here."
	case Misdirected:
		return "This server does not answer for that host."
	case Throttled:
		return "Too many attempts. Try again later."
	case Unavailable:
		return "The service is busy. Try again in a moment."
	case Internal:
	}
	return "Something went wrong on our side."
}
