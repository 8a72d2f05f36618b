package risk

import (
	"math"
	"math/rand/v2"
	"sync"
)

// An isolation forest (Liu, Ting, Zhou 2008): what few random cuts separate from the rest is unusual.
const (
	trees      = 100
	treeSample = 256
	treeDepth  = 8 // log2 of treeSample
	// ForestLeast is how many sign-ins the forest waits for.
	ForestLeast = 2000
	keptVectors = 4096
	retrainEach = 2000
)

// Vector is a sign-in in numbers, in the order of Dimensions.
type Vector [dimensions]float64

const dimensions = 8

// Dimensions names a vector's numbers, for reasons.
func Dimensions() [dimensions]string {
	return [dimensions]string{"device", "network", "operator", "country", "platform", "hour", "client", "line"}
}

// Forest is trained on an instance's own sign-ins. It is safe for concurrent use.
type Forest struct {
	mu      sync.RWMutex
	seen    int
	kept    []Vector // a sample of all that came
	trained int
	roots   []*node
	r       *rand.Rand
}

type node struct {
	dim         int
	cut         float64
	left, right *node
	size        int // of a leaf
}

// NewForest returns an untrained one. The seed makes figures repeatable.
func NewForest(seed uint64) *Forest {
	return &Forest{r: rand.New(rand.NewPCG(seed, 0x1f07e57))} //nolint:gosec // chooses samples, no secrets
}

// Ready reports whether it has seen enough.
func (f *Forest) Ready() bool {
	if f == nil {
		return false
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.roots != nil
}

// Learn keeps a vector in the sample, and says whether it is time to train again.
func (f *Forest) Learn(v Vector) (due bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen++
	if len(f.kept) < keptVectors {
		f.kept = append(f.kept, v)
	} else if i := f.r.IntN(f.seen); i < keptVectors {
		f.kept[i] = v
	}
	return f.seen >= ForestLeast && f.seen-f.trained >= retrainEach
}

// Train grows the trees anew from the sample: some 20 ms, so not within a sign-in.
func (f *Forest) Train() {
	f.mu.Lock()
	sample, r := append([]Vector(nil), f.kept...), rand.New(rand.NewPCG(f.r.Uint64(), 2)) //nolint:gosec // as above
	f.trained = f.seen
	f.mu.Unlock()
	roots := make([]*node, trees)
	for i := range roots {
		part := make([]Vector, min(treeSample, len(sample)))
		for j := range part {
			part[j] = sample[r.IntN(len(sample))]
		}
		roots[i] = grow(r, part, 0)
	}
	f.mu.Lock()
	f.roots = roots
	f.mu.Unlock()
}

func grow(r *rand.Rand, part []Vector, depth int) *node {
	if depth >= treeDepth || len(part) < 2 {
		return &node{dim: -1, size: len(part)}
	}
	dim, low, high := pickDimension(r, part)
	if dim < 0 {
		return &node{dim: -1, size: len(part)}
	}
	cut := low + r.Float64()*(high-low)
	i := 0
	for j := range part {
		if part[j][dim] < cut {
			part[i], part[j] = part[j], part[i]
			i++
		}
	}
	return &node{dim: dim, cut: cut, left: grow(r, part[:i], depth+1), right: grow(r, part[i:], depth+1)}
}

// pickDimension is a random one in which the part differs; -1 if there is none.
func pickDimension(r *rand.Rand, part []Vector) (dim int, low, high float64) {
	for _, dim := range r.Perm(dimensions) {
		low, high = math.Inf(1), math.Inf(-1)
		for i := range part {
			low, high = min(low, part[i][dim]), max(high, part[i][dim])
		}
		if low < high {
			return dim, low, high
		}
	}
	return -1, 0, 0
}

// Score is how unusual a vector is, from 0 to 1 (above 0.5: more than usual), and the dimension that set it apart soonest.
func (f *Forest) Score(v Vector) (score float64, apart string) {
	f.mu.RLock()
	roots := f.roots
	f.mu.RUnlock()
	if len(roots) == 0 {
		return 0, ""
	}
	var sum float64
	var blame [dimensions]float64
	for _, root := range roots {
		n, depth := root, 0.0
		for n.dim >= 0 {
			next := n.left
			if v[n.dim] >= n.cut {
				next = n.right
			}
			if next.dim < 0 && next.size <= 2 {
				blame[n.dim] += 1 / (depth + 1)
			}
			n, depth = next, depth+1
		}
		sum += depth + usualDepth(n.size)
	}
	best := 0
	for i := range blame {
		if blame[i] > blame[best] {
			best = i
		}
	}
	return math.Exp2(-sum / float64(len(roots)) / usualDepth(treeSample)), Dimensions()[best]
}

// usualDepth is the mean depth of an unsuccessful search in a binary tree of n (the paper's c(n)).
func usualDepth(n int) float64 {
	if n < 2 {
		return 0
	}
	x := float64(n)
	return 2*(math.Log(x-1)+0.5772156649) - 2*(x-1)/x
}

// VectorOf puts a scene into numbers.
func VectorOf(s *Scene) Vector {
	novelty := func(a Aspect, key string) float64 {
		if key == "" || s.Baseline.Signs() < 1 || s.Settled(a) != nil {
			return 0
		}
		return s.Surprise(a)
	}
	k, b := s.keys(), s.Baseline
	return Vector{
		1 - s.Trust(), novelty(Network, k.at[ByNetwork]), novelty(Operator, k.at[ByOperator]), novelty(Country, s.Place.Country),
		novelty(PlatformKind, k.platform), -math.Log(b.HourShare(s.Time) * 24), -math.Log(b.Clients.Share(s.Client)),
		math.Log1p(s.Traffic.Of(ByLine, k.at[ByLine], s.Time).Strangers),
	}
}
