//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/playwright-community/playwright-go"
)

// chromium is the one browser of this test process, started with the first page.
// It is an error where a tool is missing: browser tests are never skipped.
var chromium = sync.OnceValues(startBrowser)

// driver keeps what has to be stopped in the end.
var driver struct {
	sync.Mutex
	pw      *playwright.Playwright
	browser playwright.Browser
}

// driverFolder is npm's playwright-core under an alias whose last part is
// "package": the layout that playwright-go expects of a driver.
const driverFolder = "../../node_modules/@playwright-driver"

func startBrowser() (playwright.Browser, error) {
	if _, err := os.Stat(filepath.Join(driverFolder, "package", "cli.js")); err != nil {
		return nil, fmt.Errorf("playwright's driver is not installed; run `npm ci`: %w", err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("browser tests need node on PATH (Debian: apt-get install nodejs): %w", err)
	}
	path := os.Getenv("DRUMROLL_TEST_BROWSER")
	if path == "" {
		if path, err = exec.LookPath("chromium-headless-shell"); err != nil {
			return nil, fmt.Errorf("browser tests need chromium-headless-shell on PATH (Debian: apt-get install chromium-headless-shell): %w", err)
		}
	}
	// The driver does not look for node on PATH.
	if err := os.Setenv("PLAYWRIGHT_NODEJS_PATH", node); err != nil {
		return nil, err
	}
	pw, err := playwright.Run(&playwright.RunOptions{DriverDirectory: driverFolder, SkipInstallBrowsers: true})
	if err != nil {
		return nil, fmt.Errorf("start playwright's driver: %w", err)
	}
	browser, err := pw.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(path),
		Args: []string{"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync"},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", path, err), pw.Stop())
	}
	driver.Lock()
	defer driver.Unlock()
	driver.pw, driver.browser = pw, browser
	return browser, nil
}

func stopBrowser() {
	driver.Lock()
	defer driver.Unlock()
	if driver.pw == nil {
		return
	}
	if err := errors.Join(driver.browser.Close(), driver.pw.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, "stop the browser:", err)
	}
}
