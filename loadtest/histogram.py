"""Counts of times in buckets: runs are merged by adding counts, so that no percentile is ever averaged."""

KEPT_BITS = 7  # A bucket is at most 1/128 as wide as its times: finer than what two runs agree on.
UNITS_PER_SECOND = 10_000_000


def _bucket(units):
    shift = max(0, units.bit_length() - KEPT_BITS - 1)
    return (shift << (KEPT_BITS + 1)) | (units >> shift)


def _greatest(bucket):
    """The greatest number of units that falls into the bucket."""
    shift, kept = bucket >> (KEPT_BITS + 1), bucket & ((1 << (KEPT_BITS + 1)) - 1)
    return ((kept + 1) << shift) - 1


class Histogram:
    """Times from 0.1 microseconds on; the greatest and the sum are kept exactly."""

    def __init__(self):
        self._counts = {}
        self.count = 0
        self.total_seconds = 0.0
        self.max_seconds = 0.0

    def add(self, seconds):
        bucket = _bucket(max(0, round(seconds * UNITS_PER_SECOND)))
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self.total_seconds += seconds
        self.max_seconds = max(self.max_seconds, seconds)

    def merge(self, other):
        for bucket, count in other._counts.items():
            self._counts[bucket] = self._counts.get(bucket, 0) + count
        self.count += other.count
        self.total_seconds += other.total_seconds
        self.max_seconds = max(self.max_seconds, other.max_seconds)

    def percentile(self, share):
        """Seconds that `share` (0 to 1) of the times do not exceed, by nearest rank; None without any time."""
        if not self.count:
            return None
        rank = max(1, -(-self.count * share // 1))
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= rank:
                return min(_greatest(bucket) / UNITS_PER_SECOND, self.max_seconds)
        return self.max_seconds

    def mean(self):
        return self.total_seconds / self.count if self.count else None

    def above(self, seconds):
        """How many times are greater, to the width of a bucket."""
        return sum(n for bucket, n in self._counts.items() if _greatest(bucket) / UNITS_PER_SECOND > seconds)

    def to_json(self):
        """[[greatest time of the bucket in microseconds, count], ...] in order, with count, mean and max."""
        buckets = [[_greatest(b) * 1e6 / UNITS_PER_SECOND, self._counts[b]] for b in sorted(self._counts)]
        return {"count": self.count, "total_s": self.total_seconds, "max_s": self.max_seconds, "buckets": buckets}

    @classmethod
    def from_json(cls, data):
        made = cls()
        made._counts = {_bucket(round(us * UNITS_PER_SECOND / 1e6)): count for us, count in data["buckets"]}
        made.count, made.total_seconds, made.max_seconds = data["count"], data["total_s"], data["max_s"]
        return made


def merged(histograms):
    result = Histogram()
    for histogram in histograms:
        result.merge(histogram)
    return result
