package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// addLog fetches the module's log and keeps its hash, what it found, and, if asked for, the log itself.
func (r planRun) addLog(ctx context.Context, m *ModuleReport) error {
	raw, err := r.suite.moduleLog(ctx, m.ID)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	m.LogSHA256 = hex.EncodeToString(sum[:])
	if m.Findings, err = findings(raw, r.redact); err != nil {
		return err
	}
	if r.config.LogDir == "" {
		return nil
	}
	return keepLog(filepath.Join(r.config.LogDir, r.plan.Name), m.Module+"-"+m.ID+".json", raw)
}

func keepLog(dir, name string, raw []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the suite's logs: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), raw, 0o600); err != nil {
		return fmt.Errorf("keep a module's log: %w", err)
	}
	return nil
}
