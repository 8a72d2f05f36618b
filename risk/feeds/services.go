package feeds

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jedan-auth/jedan-auth/internal/fetch"
	"github.com/jedan-auth/jedan-auth/risk"
)

// Outbound asks others (fetch.Client).
type Outbound interface {
	Get(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Names of the feeds, as verdicts and metrics have them.
const (
	AbuseIPDB       = "abuseipdb"
	VirusTotal      = "virustotal"
	OTX             = "otx"
	TorExits        = "tor"
	PwnedPasswords  = "pwned_passwords"
	reportedAddress = "reported_address"
	torExit         = "tor_exit"
)

// answerMost bounds a service's answer. VirusTotal's names ninety scanners.
const answerMost = 256 << 10

// service is how one service is asked, and how its answer is read.
type service struct {
	name   string
	base   string
	path   func(a netip.Addr) string
	header string
	key    string
	read   func(body []byte) (bad float64, err error)
}

var errGarbage = errors.New("the answer is not what the service documents")

// services are those that the configuration has a key for.
func services(c Config) (out []service, limits []Service) {
	add := func(s Service, minute, day int, svc service) {
		if s.Key == "" {
			return
		}
		svc.base, svc.key = strings.TrimSuffix(cmp.Or(s.URL, svc.base), "/"), s.Key.Reveal()
		out, limits = append(out, svc), append(limits, s.limits(minute, day))
	}
	add(c.AbuseIPDB, 60, 1000, service{
		name: AbuseIPDB, base: "https://api.abuseipdb.com", header: "Key", read: readAbuseIPDB,
		path: func(a netip.Addr) string {
			return "/api/v2/check?" + url.Values{"ipAddress": {a.String()}, "maxAgeInDays": {"30"}}.Encode()
		},
	})
	add(c.VirusTotal, 4, 500, service{
		name: VirusTotal, base: "https://www.virustotal.com", header: "X-Apikey", read: readVirusTotal,
		path: func(a netip.Addr) string { return "/api/v3/ip_addresses/" + url.PathEscape(a.String()) },
	})
	add(c.OTX, 60, 10_000, service{
		name: OTX, base: "https://otx.alienvault.com", header: "X-Otx-Api-Key", read: readOTX,
		path: func(a netip.Addr) string {
			kind := "IPv4"
			if a.Is6() {
				kind = "IPv6"
			}
			return "/api/v1/indicators/" + kind + "/" + url.PathEscape(a.String()) + "/general"
		},
	})
	return out, limits
}

// ask is one question. An address that the service does not know is not bad.
func (s service) ask(ctx context.Context, out Outbound, a netip.Addr) (risk.Report, *fetch.Response, error) {
	report := risk.Report{Feed: s.name, Code: reportedAddress}
	resp, err := out.Get(ctx, fetch.Request{
		URL: s.base + s.path(a), Header: http.Header{s.header: {s.key}, "Accept": {"application/json"}}, MaxBytes: answerMost,
	})
	switch {
	case err != nil:
		return report, nil, err
	case resp.Status == http.StatusNotFound:
		return report, resp, nil
	case resp.Status != http.StatusOK:
		return report, resp, errors.New("status " + http.StatusText(resp.Status))
	}
	report.Bad, err = s.read(resp.Body)
	return report, resp, err
}

// readAbuseIPDB: abuseConfidenceScore is 0 to 100.
func readAbuseIPDB(body []byte) (float64, error) {
	var v struct {
		Data *struct {
			Score       *float64 `json:"abuseConfidenceScore"`
			Whitelisted bool     `json:"isWhitelisted"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &v) != nil || v.Data == nil || v.Data.Score == nil || *v.Data.Score < 0 || *v.Data.Score > 100 {
		return 0, errGarbage
	}
	if v.Data.Whitelisted {
		return 0, nil
	}
	return *v.Data.Score / 100, nil
}

// manyScanners is from how many of VirusTotal's scanners on an address is surely bad: single ones err often.
const manyScanners = 5

func readVirusTotal(body []byte) (float64, error) {
	var v struct {
		Data *struct {
			Attributes *struct {
				Stats *struct {
					Malicious  float64 `json:"malicious"`
					Suspicious float64 `json:"suspicious"`
				} `json:"last_analysis_stats"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &v) != nil || v.Data == nil || v.Data.Attributes == nil {
		return 0, errGarbage
	}
	if v.Data.Attributes.Stats == nil { // never looked at
		return 0, nil
	}
	n := v.Data.Attributes.Stats.Malicious + v.Data.Attributes.Stats.Suspicious/2
	if n < 0 {
		return 0, errGarbage
	}
	return math.Min(1, n/manyScanners), nil
}

// manyPulses is from how many of OTX's pulses on an address counts as bad as it gets; anybody may publish a pulse, so never fully.
const (
	manyPulses = 10
	mostOTX    = 0.7
)

func readOTX(body []byte) (float64, error) {
	var v struct {
		Pulses *struct {
			Count *float64 `json:"count"`
		} `json:"pulse_info"`
		Validation []json.RawMessage `json:"validation"` // lists of the known good that it is on
	}
	if json.Unmarshal(body, &v) != nil || v.Pulses == nil || v.Pulses.Count == nil || *v.Pulses.Count < 0 {
		return 0, errGarbage
	}
	if len(v.Validation) > 0 {
		return 0, nil
	}
	return mostOTX * math.Min(1, *v.Pulses.Count/manyPulses), nil
}
