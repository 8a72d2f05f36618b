// Command jedan-risk measures the risk engine on generated sign-ins and writes docs/risk.md: thresholds from seed 1, figures from seeds 2 to 6.
package main
