package generate

import "math"

// city is a place where people live, travel to, or attack from.
type city struct {
	country  string
	lat, lon float64
	zone     float64 // hours ahead of UTC, without summer time
	home     float64 // share of people who live there
	away     float64 // share of journeys that lead there
	attack   float64 // share of attackers' addresses
}

// cities are real places; the shares are those of a company at home in Germany, Croatia and the United States with staff in many places.
func cities() []city {
	return []city{
		{"DE", 52.52, 13.40, 1, 16, 5, 2}, {"DE", 48.14, 11.58, 1, 8, 4, 1}, {"DE", 53.55, 9.99, 1, 7, 3, 1}, {"DE", 50.11, 8.68, 1, 6, 4, 4},
		{"DE", 51.34, 12.37, 1, 3, 1, 0}, {"HR", 45.81, 15.98, 1, 9, 3, 0.5}, {"HR", 43.51, 16.44, 1, 3, 4, 0.2}, {"AT", 48.21, 16.37, 1, 3, 4, 0.5},
		{"CH", 47.38, 8.54, 1, 2, 3, 0.5}, {"FR", 48.86, 2.35, 1, 3, 6, 3}, {"FR", 45.76, 4.84, 1, 1, 2, 1}, {"GB", 51.51, -0.13, 0, 4, 7, 3},
		{"GB", 53.48, -2.24, 0, 1, 1, 1}, {"NL", 52.37, 4.90, 1, 2, 4, 5}, {"ES", 40.42, -3.70, 1, 2, 4, 1}, {"ES", 39.57, 2.65, 1, 0, 5, 0.2},
		{"IT", 41.90, 12.50, 1, 1.5, 5, 1}, {"IT", 45.46, 9.19, 1, 1.5, 3, 1}, {"PL", 52.23, 21.01, 1, 3, 2, 2}, {"CZ", 50.08, 14.44, 1, 1.5, 3, 1},
		{"PT", 38.72, -9.14, 0, 1, 3, 0.5}, {"GR", 37.98, 23.73, 2, 0.5, 4, 0.5}, {"TR", 41.01, 28.98, 3, 1, 3, 3}, {"SE", 59.33, 18.07, 1, 1, 2, 0.5},
		{"RO", 44.43, 26.10, 2, 1, 1, 3}, {"UA", 50.45, 30.52, 2, 1, 0.5, 4}, {"US", 40.71, -74.01, -5, 4, 5, 6}, {"US", 37.77, -122.42, -8, 3, 4, 5},
		{"US", 41.88, -87.63, -6, 2, 2, 3}, {"US", 32.78, -96.80, -6, 2, 1, 4}, {"US", 39.04, -77.49, -5, 1, 1, 9}, {"CA", 43.65, -79.38, -5, 1, 2, 2},
		{"BR", -23.55, -46.63, -3, 1, 1, 7}, {"MX", 19.43, -99.13, -6, 0.5, 1, 2}, {"IN", 12.97, 77.59, 5.5, 3, 2, 6}, {"IN", 19.08, 72.88, 5.5, 1, 1, 4},
		{"SG", 1.35, 103.82, 8, 0.5, 2, 3}, {"JP", 35.68, 139.65, 9, 0.5, 2, 1}, {"CN", 31.23, 121.47, 8, 0, 1, 6}, {"VN", 10.82, 106.63, 7, 0.3, 1, 7},
		{"ID", -6.21, 106.85, 7, 0.2, 1, 6}, {"TH", 13.76, 100.50, 7, 0.2, 3, 3}, {"NG", 6.52, 3.38, 1, 0, 0.2, 5}, {"ZA", -26.20, 28.05, 2, 0.5, 1, 2},
		{"RU", 55.76, 37.62, 3, 0, 0.3, 8}, {"AU", -33.87, 151.21, 10, 0.5, 1, 1}, {"AE", 25.20, 55.27, 4, 0.3, 2, 1}, {"EG", 30.04, 31.24, 2, 0.2, 2, 2},
	}
}

// kilometres is the great-circle distance.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, degree = 6371, math.Pi / 180
	a := math.Sin((lat2-lat1)*degree/2)*math.Sin((lat2-lat1)*degree/2) +
		math.Cos(lat1*degree)*math.Cos(lat2*degree)*math.Sin((lon2-lon1)*degree/2)*math.Sin((lon2-lon1)*degree/2)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(a)))
}
