package storage

import (
	"context"
	"time"
)

// FirewallRule lets in or keeps out what comes from a network or a country, or calls itself something.
type FirewallRule struct {
	Tenant    ID     `gorm:"primaryKey"`
	ID        ID     `gorm:"primaryKey"`
	Effect    string // allow or deny
	Kind      string // network, country, agent
	Value     string // a CIDR, two letters, or a part of a user agent
	Note      string // for people: why
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: until it is removed
}

// TableName names the table.
func (FirewallRule) TableName() string { return "firewall_rules" }

// FirewallReader lists rules.
type FirewallReader interface {
	FirewallRules(ctx context.Context, tenant, after ID, limit int) ([]FirewallRule, error)
}

// FirewallWriter changes rules. Every change has its change row and event.
type FirewallWriter interface {
	// InsertFirewallRule is errs.Conflict when there is a rule for the same kind and value.
	InsertFirewallRule(ctx context.Context, r *FirewallRule, ev *AuditEvent) error
	// DeleteFirewallRule removes the rule for a kind and value; errs.NotFound when there is none.
	DeleteFirewallRule(ctx context.Context, tenant ID, kind, value string, ev *AuditEvent) error
	DeleteExpiredFirewallRules(ctx context.Context, before time.Time, limit int) (int64, error)
}
