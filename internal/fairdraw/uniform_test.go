package fairdraw

import (
	"fmt"
	"testing"
)

// Each position wins equally often: Pearson's chi-square over 200,000 draws
// stays below its 99.9 % quantile. Seeds are fixed, so this cannot fail by
// chance: it can only fail for ever.
func TestUniform(t *testing.T) {
	const draws = 200_000
	// Quantiles at p = 0.001 by degrees of freedom (NIST/SEMATECH, 1.3.6.7.4, and
	// computed from the incomplete gamma function beyond its table).
	quantile := map[int]float64{
		5: 20.515, 6: 22.458, 98: 147.010, 99: 148.230, 998: 1141.779, 999: 1142.848,
	}
	for _, n := range []int{7, 100, 1000} {
		for name, c := range map[string]struct {
			wanted, counted int // winners drawn, and which of them is counted
			excluded        int // position that never wins, or −1
		}{
			"first winner":             {1, 0, -1},
			"third winner":             {3, 2, -1},
			"with the first excluded":  {1, 0, 0},
			"with the last excluded":   {1, 0, n - 1},
			"second with one excluded": {2, 1, n / 2},
		} {
			t.Run(fmt.Sprintf("%d entrants, %s", n, name), func(t *testing.T) {
				t.Parallel()
				wins := make([]int, n)
				for i := range draws {
					picks := Select(seedOf(uint64(i)), Hash{byte(n)}, n, 1, nil, c.wanted, func(pos int) string {
						if pos == c.excluded {
							return SkipWon
						}
						return ""
					})
					winner := 0
					for _, p := range picks {
						if p.Skip == "" {
							if winner == c.counted {
								wins[p.Pos]++
							}
							winner++
						}
					}
				}
				cells := n
				if c.excluded >= 0 {
					cells--
					if wins[c.excluded] != 0 {
						t.Errorf("the excluded position won %d times", wins[c.excluded])
					}
				}
				expected := float64(draws) / float64(cells)
				chi := 0.0
				for pos, w := range wins {
					if pos != c.excluded {
						d := float64(w) - expected
						chi += d * d / expected
					}
				}
				if most := quantile[cells-1]; chi > most {
					t.Errorf("chi-square %.1f over %d cells, want at most %.1f", chi, cells, most)
				}
				if wins[0] == 0 && c.excluded != 0 || wins[n-1] == 0 && c.excluded != n-1 {
					t.Errorf("first won %d times, last %d times", wins[0], wins[n-1])
				}
			})
		}
	}
}
