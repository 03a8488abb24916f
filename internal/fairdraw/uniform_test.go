package fairdraw

import (
	"fmt"
	"testing"
)

// Each position wins equally often, in first and in later place, also where one
// is excluded: Pearson's chi-square over 200,000 draws stays below its 99.9 %
// quantile. Seeds are fixed, so this cannot fail by chance, only for good.
func TestUniform(t *testing.T) {
	const draws = 200_000
	// Quantiles at p = 0.001 by degrees of freedom, from the incomplete gamma
	// function.
	quantile := map[int]float64{5: 20.515, 6: 22.458, 98: 147.010, 99: 148.230, 998: 1141.779, 999: 1142.848}
	for _, n := range []int{7, 100, 1000} {
		for _, excluded := range []int{-1, n - 1} {
			t.Run(fmt.Sprintf("%d entrants, without %d", n, excluded), func(t *testing.T) {
				t.Parallel()
				skip := func(pos int) string {
					if pos == excluded {
						return SkipWon
					}
					return ""
				}
				wins := [2][]int{make([]int, n), make([]int, n)} // by place among the winners
				for i := range draws {
					place := 0
					for _, p := range Select(seedOf(uint64(i)), Hash{byte(n)}, n, 1, nil, len(wins), skip) {
						if p.Skip == "" {
							wins[place][p.Pos]++
							place++
						}
					}
				}
				for place, won := range wins {
					if excluded >= 0 {
						if won[excluded] != 0 {
							t.Errorf("the excluded position won %d times", won[excluded])
						}
						won = won[:excluded] // the last one
					}
					if chi, most := chiSquare(won, draws), quantile[len(won)-1]; chi > most {
						t.Errorf("place %d: chi-square %.1f over %d cells, want at most %.1f", place+1, chi, len(won), most)
					}
					if won[0] == 0 || won[len(won)-1] == 0 {
						t.Errorf("place %d: first won %d times, last %d times", place+1, won[0], won[len(won)-1])
					}
				}
			})
		}
	}
}

// chiSquare of counts that should all be the same and sum up to total.
func chiSquare(counts []int, total float64) float64 {
	expected := total / float64(len(counts))
	sum := 0.0
	for _, c := range counts {
		d := float64(c) - expected
		sum += d * d / expected
	}
	return sum
}
