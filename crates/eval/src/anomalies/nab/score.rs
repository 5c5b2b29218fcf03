//! The scoring function of NAB 1.1 (Lavin and Ahmad 2015), as its own runner computes it.

/// What a hit, a miss and a false alarm weigh; `profiles.json` of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A false alarm costs 0.11.
    Standard,
    /// A false alarm costs 0.22.
    LowFalsePositives,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::LowFalsePositives];

    /// For the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::LowFalsePositives => "low-FP",
        }
    }

    const fn false_alarm(self) -> f64 {
        match self {
            Self::Standard => 0.11,
            Self::LowFalsePositives => 0.22,
        }
    }
}

/// The share of a series that nobody is scored on, and at most so many rows.
const PROBATION: (f64, f64) = (0.15, 750.0);

/// One scored row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    score: f64,
    /// Which window it lies in.
    window: Option<usize>,
    /// What a detection here is worth, before it is weighed.
    worth: f64,
}

/// The scored rows of one series, and its windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    rows: Vec<Row>,
    /// All windows, also those within the probation.
    windows: usize,
}

/// One series at one threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    raw: f64,
    scored: usize,
    windows: usize,
}

/// The scaled sigmoid; beyond 3 window lengths it is at its end.
fn sigmoid(x: f64) -> f64 {
    if x > 3.0 {
        return -1.0;
    }
    2.0 / (1.0 + (5.0 * x).exp()) - 1.0
}

impl Rows {
    /// `None` where a window's end is no row.
    pub fn of(times: &[i64], windows: &[(i64, i64)], scores: &[f64]) -> Option<Self> {
        let row = |at: i64| times.iter().position(|time| *time == at);
        let ends: Option<Vec<(usize, usize)>> = windows
            .iter()
            .map(|(from, to)| Some((row(*from)?, row(*to)?)))
            .collect();
        let mut rows: Vec<Row> = scores.iter().map(|score| unlabelled(*score)).collect();
        let mut before: Option<(usize, f64)> = None;
        let mut next = 0;
        for (window, (from, to)) in ends?.into_iter().enumerate() {
            fade(&mut rows[next.min(from)..from], next, before);
            let width = (to + 1).checked_sub(from)? as f64;
            for (i, row) in rows.iter_mut().enumerate().take(to + 1).skip(from) {
                row.window = Some(window);
                row.worth = sigmoid(-((to - i) as f64 + 1.0) / width);
            }
            before = Some((to, width));
            next = to + 1;
        }
        fade(&mut rows[next..], next, before);
        let probation = (PROBATION.0 * times.len() as f64).floor().min(PROBATION.1);
        rows.drain(..probation as usize);
        let windows = windows.len();
        Some(Self { rows, windows })
    }

    fn scored(&self) -> usize {
        let mut seen: Vec<usize> = self.rows.iter().filter_map(|row| row.window).collect();
        seen.dedup();
        seen.len()
    }
}

fn unlabelled(score: f64) -> Row {
    Row {
        score,
        window: None,
        worth: -1.0,
    }
}

/// After a window a false alarm costs the more the later it comes.
fn fade(rows: &mut [Row], first: usize, before: Option<(usize, f64)>) {
    let Some((end, width)) = before else { return };
    for (i, row) in rows.iter_mut().enumerate() {
        row.worth = sigmoid((first + i - end) as f64 / (width - 1.0));
    }
}

fn weighed(row: &Row, profile: Profile) -> f64 {
    match row.window {
        Some(_) => row.worth / sigmoid(-1.0),
        None => row.worth * profile.false_alarm(),
    }
}

/// What one series brings at a threshold.
pub fn at(rows: &Rows, profile: Profile, threshold: f64) -> Case {
    let scored = rows.scored();
    let mut best: Vec<Option<f64>> = vec![None; rows.windows];
    let mut raw = 0.0;
    for row in rows.rows.iter().filter(|row| row.score >= threshold) {
        let worth = weighed(row, profile);
        match row.window {
            Some(window) => best[window] = Some(best[window].map_or(worth, |b| b.max(worth))),
            None => raw += worth,
        }
    }
    let hits = best.iter().flatten().count();
    raw += best
        .iter()
        .flatten()
        .map(|worth| worth.max(-1.0))
        .sum::<f64>();
    raw -= (scored - hits) as f64;
    Case {
        raw,
        scored,
        windows: rows.windows,
    }
}

/// The score of NAB over series: 0 for a detector that says nothing, 100 for a perfect one.
pub fn normalised(cases: &[Case]) -> f64 {
    let sum = |of: fn(&Case) -> f64| cases.iter().map(of).sum::<f64>();
    let scored = sum(|case| case.scored as f64);
    let perfect = sum(|case| case.windows as f64) + scored;
    if perfect == 0.0 {
        return 0.0;
    }
    100.0 * (sum(|case| case.raw) + scored) / perfect
}

/// The best score over all series and the one threshold that gives it.
pub fn sweep(series: &[Rows], profile: Profile) -> (f64, f64) {
    let mut rows: Vec<(Row, usize)> = Vec::new();
    let mut windows = 0;
    for one in series {
        rows.extend(one.rows.iter().map(|row| (*row, windows)));
        windows += one.windows;
    }
    rows.sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
    let scored: usize = series.iter().map(Rows::scored).sum();
    let mut best = vec![-1.0_f64; windows];
    let mut raw = -(scored as f64);
    // Above every score nothing is found.
    let (mut top, mut threshold) = (raw, 1.1);
    for (i, (row, first)) in rows.iter().enumerate() {
        let worth = weighed(row, profile);
        match row.window {
            None => raw += worth,
            Some(window) => {
                let held = &mut best[first + window];
                raw += worth.max(*held) - *held;
                *held = held.max(worth);
            }
        }
        let last_of_its_score = rows.get(i + 1).is_none_or(|next| next.0.score != row.score);
        if last_of_its_score && raw > top {
            (top, threshold) = (raw, row.score);
        }
    }
    let cases: Vec<Case> = series
        .iter()
        .map(|one| at(one, profile, threshold))
        .collect();
    (normalised(&cases), threshold)
}
