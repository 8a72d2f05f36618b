package directory

import (
	"maps"
	"reflect"
)

// Attributes are what a deployment keeps of people beside the standard claims (attributes.Set).
type Attributes interface {
	// Check returns a value in its canonical type, or what is wrong with it; ok is false for what is no attribute.
	Check(name string, value any) (canonical any, problem string, ok bool)
	// Parse reads what a person wrote; nil for nothing.
	Parse(name, text string) (value any, problem string)
	// Own reports whether people change it themselves.
	Own(name string) bool
}

// valid is Validate for a profile with attributes, which stood as before. An attribute that stays as it was need not fit: the configuration may have
// another rule for it by now, or know it no longer, and nobody's profile gets stuck by that.
func (d *Directory) valid(c, before Claims) (Claims, error) {
	standard, own := Claims{}, Claims{}
	for name, value := range c {
		if _, ok := checkOf(name); ok {
			standard[name] = value
			continue
		}
		kept, err := d.attribute(name, value, before)
		if err != nil {
			return nil, err
		}
		own[name] = kept
	}
	out, err := standard.Validate()
	if err != nil {
		return nil, err
	}
	maps.Copy(out, own)
	return out, out.together()
}

func (d *Directory) attribute(name string, value any, before Claims) (any, error) {
	if old, had := before[name]; had && reflect.DeepEqual(old, value) {
		return value, nil
	}
	if d.d.Attributes == nil {
		return nil, unknown(name)
	}
	canonical, problem, ok := d.d.Attributes.Check(name, value)
	switch {
	case !ok:
		return nil, unknown(name)
	case problem != "":
		return nil, invalid(name, problem)
	}
	return canonical, nil
}

func unknown(name string) error { return invalid(name, "is not a claim that can be set") }

// known reports whether a name is a claim's or an attribute's.
func (d *Directory) known(name string) bool {
	if _, ok := checkOf(name); ok {
		return true
	}
	if d.d.Attributes == nil {
		return false
	}
	_, _, ok := d.d.Attributes.Check(name, nil)
	return ok
}
