//! VUS-PR as the package `vus` 0.0.5 computes it (version `opt`, 250 thresholds), ties and quirks included.

/// Thresholds along the sorted scores.
const THRESHOLDS: usize = 250;
/// The autocorrelation is looked at up to this lag, from this one on, over so many readings.
const MOST_LAGS: usize = 400;
const FIRST_LAG: usize = 3;
const LOOKED_AT: usize = 20_000;
/// Where no period is found, or one outside the limits.
const DEFAULT_PERIOD: usize = 125;

/// The lag with the highest local maximum of the autocorrelation, which is how wide the surface is.
pub fn period(values: &[f64]) -> usize {
    let values = &values[..values.len().min(LOOKED_AT)];
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let spread: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let lags = MOST_LAGS.min(values.len().saturating_sub(1));
    let correlation: Vec<f64> = (FIRST_LAG..=lags)
        .map(|lag| {
            let products = values.iter().zip(&values[lag..]);
            products.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / spread
        })
        .collect();
    let mut best: Option<usize> = None;
    for i in 1..correlation.len().saturating_sub(1) {
        let here = correlation[i];
        let peak = here > correlation[i - 1] && here > correlation[i + 1];
        if peak && best.is_none_or(|b| here > correlation[b]) {
            best = Some(i);
        }
    }
    match best {
        Some(at) if (FIRST_LAG..=300).contains(&at) => at + FIRST_LAG,
        _ => DEFAULT_PERIOD,
    }
}

type Span = (usize, usize);

/// The labelled segments, both ends included; the package leaves out one that ends the series and
/// is one reading long only where nothing precedes it, which no corpus here has.
fn segments(labels: &[bool]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        match spans.last_mut() {
            _ if !label => {}
            Some(last) if last.1 + 1 == i => last.1 = i,
            _ => spans.push((i, i)),
        }
    }
    spans
}

/// The segments widened by half a window to each side, joined where they meet.
fn widened(spans: &[Span], window: usize, length: usize) -> Vec<Span> {
    let half = window / 2;
    let mut joined: Vec<Span> = Vec::new();
    let mut from = spans[0].0.saturating_sub(half);
    for pair in spans.windows(2) {
        if pair[0].1 + half + half < pair[1].0 {
            joined.push((from, pair[0].1 + half));
            from = pair[1].0 - half;
        }
    }
    let last = spans[spans.len() - 1].1;
    joined.push((from, (last + half).min(length - 1)));
    joined
}

/// Labels that fade out over half a window on each side.
fn faded(labels: &[bool], spans: &[Span], window: usize) -> Vec<f64> {
    let mut fading: Vec<f64> = labels
        .iter()
        .map(|label| f64::from(u8::from(*label)))
        .collect();
    let half = window / 2;
    let at = |distance: usize| (1.0 - distance as f64 / window as f64).sqrt();
    for (from, to) in spans {
        let after = (to + 1)..(to + half + 1).min(labels.len());
        after.for_each(|i| fading[i] += at(i - to));
        let before = from.saturating_sub(half)..*from;
        before.for_each(|i| fading[i] += at(from - i));
    }
    fading.iter().map(|label| label.min(1.0)).collect()
}

/// The volume under the surface of precision and recall, for windows of 0 to `period` readings. 0
/// where nothing is labelled.
pub fn vus_pr(labels: &[bool], scores: &[f64], period: usize) -> f64 {
    let spans = segments(labels);
    if spans.is_empty() || scores.len() != labels.len() {
        return 0.0;
    }
    let levels = Levels::of(scores);
    let total: f64 = (0..=period)
        .map(|window| levels.area(labels, &spans, window))
        .sum();
    total / (period + 1) as f64
}

/// The thresholds, and for each reading the first of them that flags it.
struct Levels {
    flagged: Vec<usize>,
    from: Vec<usize>,
}

impl Levels {
    fn of(scores: &[f64]) -> Self {
        let mut sorted = scores.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let last = (scores.len() - 1) as f64;
        let step = last / (THRESHOLDS - 1) as f64;
        let place = |k: usize| {
            if k + 1 == THRESHOLDS {
                last
            } else {
                k as f64 * step
            }
        };
        let cuts: Vec<f64> = (0..THRESHOLDS).map(|k| sorted[place(k) as usize]).collect();
        let flagged = |cut: &f64| sorted.partition_point(|score| score >= cut);
        Self {
            flagged: cuts.iter().map(flagged).collect(),
            from: scores
                .iter()
                .map(|score| cuts.partition_point(|cut| cut > score))
                .collect(),
        }
    }

    /// The area under precision and recall for one width of the fading.
    fn area(&self, labels: &[bool], spans: &[Span], window: usize) -> f64 {
        let fading = faded(labels, spans, window);
        let wide = widened(spans, window, labels.len());
        let certain: f64 = labels.iter().filter(|label| **label).count() as f64;
        // What each threshold adds to the one before: of the segments themselves, of the fading
        // around them, and of widened segments with anything flagged.
        let mut inside = [0.0; THRESHOLDS + 1];
        let mut around = [0.0; THRESHOLDS + 1];
        let mut touched = [0.0; THRESHOLDS + 1];
        for (from, to) in &wide {
            let span = *from..=*to;
            for i in span.clone() {
                let sum = if labels[i] { &mut inside } else { &mut around };
                sum[self.from[i]] += fading[i];
            }
            touched[span.map(|i| self.from[i]).min().unwrap_or(THRESHOLDS)] += 1.0;
        }
        let (mut hit, mut near, mut segments) = (0.0, 0.0, 0.0);
        let (mut recall_before, mut area) = (0.0, 0.0);
        for k in 0..THRESHOLDS {
            hit += inside[k];
            near += around[k];
            segments += touched[k];
            let positives = f64::midpoint(certain, certain + near);
            let recall = ((hit + near) / positives).min(1.0) * segments / wide.len() as f64;
            let precision = (hit + near) / self.flagged[k] as f64;
            area += (recall - recall_before) * precision;
            recall_before = recall;
        }
        area
    }
}
