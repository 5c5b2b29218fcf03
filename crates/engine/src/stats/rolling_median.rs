//! The median of the last so many values, at each value.
//!
//! Without gaps: each block of the window's length is sorted once and threaded on a chain; a window is
//! the end of one block and the beginning of the next, so that a step takes one value off one chain,
//! puts one back on the other, and moves one of two pointers by one (Suomela 2014, "Median filtering is
//! equivalent to sorting"). With gaps: the window is kept sorted, and the new value takes the place of the
//! old one.

use super::known;

/// For each value the median of the `window` values up to and with it; NaN where fewer than `least` of
/// them are known. Writes as many as both have room for. O(n log window), with gaps O(n · window) of
/// moved memory at worst.
pub fn rolling_median(values: &[f64], window: usize, least: usize, medians: &mut [f64]) {
    let length = values.len().min(medians.len());
    let (values, medians) = (&values[..length], &mut medians[..length]);
    let (window, least) = (window.max(1), least.max(1));
    let whole = values.iter().fold(true, |all, value| all & known(*value));
    if window < least {
        medians.fill(f64::NAN);
    } else if whole && length >= window {
        kept_sorted(&values[..window - 1], window, least, medians);
        chained(values, window, &mut medians[window - 1..]);
    } else {
        kept_sorted(values, window, least, medians);
    }
}

fn kept_sorted(values: &[f64], window: usize, least: usize, medians: &mut [f64]) {
    let mut sorted: Vec<f64> = Vec::with_capacity(window.min(values.len()));
    for (end, (value, median)) in values.iter().zip(medians.iter_mut()).enumerate() {
        if let Some(gone) = end.checked_sub(window)
            && known(values[gone])
        {
            sorted.remove(place(&sorted, values[gone]));
        }
        if known(*value) {
            // Minus nought plus nought is nought: the two are never told apart.
            sorted.insert(place(&sorted, *value), *value + 0.0);
        }
        *median = if sorted.len() < least {
            f64::NAN
        } else {
            let half = sorted.len() / 2;
            let lower = sorted[half - usize::from(sorted.len() % 2 == 0)];
            f64::midpoint(lower, sorted[half])
        };
    }
}

/// The first place whose value is not smaller.
fn place(sorted: &[f64], value: f64) -> usize {
    sorted.partition_point(|other| *other < value)
}

/// The medians of all full windows, in order.
fn chained(values: &[f64], window: usize, medians: &mut [f64]) {
    let small = (window - 1) / 2;
    let even = window.is_multiple_of(2);
    let (mut leaving, mut coming) = (Chain::new(window), Chain::new(window));
    leaving.thread(&values[..window], small);
    let (first, rest) = medians.split_at_mut(1);
    first[0] = leaving.middle(&Chain::new(window), even);
    let blocks = values[window..].chunks(window);
    for (block, medians) in blocks.zip(rest.chunks_mut(window)) {
        coming.thread(block, 0);
        coming.take_all_off();
        for (place, median) in medians.iter_mut().enumerate() {
            leaving.take_off(place);
            coming.put_back(place);
            if leaving.small + coming.small < small {
                if leaving.next_value() <= coming.next_value() {
                    leaving.advance();
                } else {
                    coming.advance();
                }
            }
            *median = leaving.middle(&coming, even);
        }
        std::mem::swap(&mut leaving, &mut coming);
    }
}

/// One value on a chain: its neighbours in order of size, by their places in the block, and how many of
/// the whole block are smaller.
#[derive(Clone, Copy, Default)]
struct Link {
    value: f64,
    before: u32,
    after: u32,
    rank: u32,
}

/// Bits that sort as the numbers do (the total order of IEEE 754, with one nought).
fn sortable(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
}

/// The values of a block in order of size. Those before the pointer are small.
struct Chain {
    /// In the order of the series, and behind them the end of the chain, which is its beginning too.
    links: Vec<Link>,
    pointer: usize,
    small: usize,
    order: Vec<u64>,
}

impl Chain {
    /// An empty chain for so many values.
    fn new(window: usize) -> Self {
        let end = Link {
            value: f64::INFINITY,
            before: window as u32,
            after: window as u32,
            rank: u32::MAX,
        };
        Self {
            links: vec![end; window + 1],
            pointer: window,
            small: 0,
            order: Vec::new(),
        }
    }

    fn end(&self) -> usize {
        self.links.len() - 1
    }

    /// Threads a block, so many of whose values are small. Places for which there is no value are the
    /// largest.
    fn thread(&mut self, block: &[f64], small: usize) {
        let end = self.end();
        self.sort(block);
        let mut before = end;
        for (rank, place) in self.order.iter().enumerate() {
            let place = *place as usize;
            self.links[before].after = place as u32;
            let link = &mut self.links[place];
            link.value = block[place] + 0.0;
            link.before = before as u32;
            link.rank = rank as u32;
            before = place;
        }
        self.links[before].after = end as u32;
        self.links[end].before = before as u32;
        let pointer = self.order.get(small);
        self.pointer = pointer.map_or(end, |place| *place as usize);
        self.small = small.min(block.len());
    }

    /// The places of the block in order of its values.
    fn sort(&mut self, block: &[f64]) {
        // Sorted are numbers that hold the place where the value has its last bits: mostly these do not
        // matter, and else values and places are sorted as they are.
        let mask = (block.len().next_power_of_two() as u64) - 1;
        let key = |place: usize| sortable(block[place]);
        self.order.clear();
        self.order
            .extend((0..block.len()).map(|place| key(place) & !mask | place as u64));
        self.order.sort_unstable();
        self.order.iter_mut().for_each(|packed| *packed &= mask);
        let full = |place: &u64| (key(*place as usize), *place);
        if !self.order.is_sorted_by_key(full) {
            self.order.sort_unstable_by_key(full);
        }
    }

    fn is_small(&self, place: usize) -> bool {
        self.links[place].rank < self.links[self.pointer].rank
    }

    fn next_value(&self) -> f64 {
        self.links[self.pointer].value
    }

    fn advance(&mut self) {
        self.pointer = self.links[self.pointer].after as usize;
        self.small += 1;
    }

    /// Takes a value off; afterwards one less is small, if any was.
    fn take_off(&mut self, place: usize) {
        let Link { before, after, .. } = self.links[place];
        self.links[before as usize].after = after;
        self.links[after as usize].before = before;
        if self.is_small(place) {
            self.small -= 1;
            return;
        }
        if self.pointer == place {
            self.pointer = after as usize;
        }
        if self.small > 0 {
            self.pointer = self.links[self.pointer].before as usize;
            self.small -= 1;
        }
    }

    /// Takes all off, the last first, so that each finds its neighbours when it is put back.
    fn take_all_off(&mut self) {
        for place in (0..self.order.len()).rev() {
            let Link { before, after, .. } = self.links[place];
            self.links[before as usize].after = after;
            self.links[after as usize].before = before;
        }
        self.pointer = self.end();
        self.small = 0;
    }

    /// Puts back what was taken off last; as many are small as before.
    fn put_back(&mut self, place: usize) {
        let Link { before, after, .. } = self.links[place];
        self.links[before as usize].after = place as u32;
        self.links[after as usize].before = place as u32;
        if self.is_small(place) {
            self.pointer = self.links[self.pointer].before as usize;
        }
    }

    /// The least value of both chains that is not small, and where they hold an even number the mean of
    /// that and the next.
    fn middle(&self, other: &Self, even: bool) -> f64 {
        let (ours, theirs) = (self.next_value(), other.next_value());
        if !even {
            return ours.min(theirs);
        }
        let first = if ours <= theirs { self } else { other };
        let second = first.links[first.links[first.pointer].after as usize].value;
        f64::midpoint(ours.min(theirs), second.min(ours.max(theirs)))
    }
}
