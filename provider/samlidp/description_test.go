package samlidp

import (
	"strings"
	"testing"
)

const describedApp = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://a.test"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
	`<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://a.test/acs" index="0"/></SPSSODescriptor></EntityDescriptor>`

func TestMetadataOfApplications(t *testing.T) {
	id, s, err := readMetadata(t.Context(), []byte(describedApp), "", fuzzNow(), Settings{Consent: true})
	if err != nil || id != "https://a.test" || len(s.ACS) != 1 || !s.Consent {
		t.Fatalf("%v %q %+v", err, id, s)
	}
	if err := s.withDefaults().validate(); err != nil {
		t.Error(err)
	}
	group := func(s string) string {
		return `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` + s + `</EntitiesDescriptor>`
	}
	key := `<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>AAAA</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
	for name, c := range map[string]struct{ check, text string }{
		"two":          {"saml_app_metadata.entity", group(describedApp + strings.Replace(describedApp, "https://a.test\"", "https://b.test\"", 1))},
		"none":         {"saml_app_metadata.entity", group("")},
		"over":         {"saml_app_metadata.valid_until", strings.Replace(describedApp, " entityID", ` validUntil="2026-01-01T00:00:00Z" entityID`, 1)},
		"no role":      {"saml_app_metadata.role", strings.ReplaceAll(describedApp, "SAML:2.0:protocol", "SAML:1.1:protocol")},
		"no https":     {"saml_app_metadata.consumers", strings.Replace(describedApp, "https://a.test/acs", "http://a.test/acs", 1)},
		"a script":     {"saml_app_metadata.entity", strings.Replace(describedApp, "https://a.test/acs", "javascript:alert(1)", 1)},
		"artifact":     {"saml_app_metadata.consumers", strings.Replace(describedApp, "HTTP-POST", "HTTP-Artifact", 1)},
		"a broken key": {"saml_app_metadata.keys", strings.Replace(describedApp, "<AssertionConsumerService", key+"<AssertionConsumerService", 1)},
		"DTD":          {"saml_document.markup", "<!DOCTYPE x>" + describedApp},
	} {
		if _, _, err := readMetadata(t.Context(), []byte(c.text), "", fuzzNow(), Settings{}); err == nil || !strings.Contains(err.Error(), "("+c.check+")") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
