//! Whether the answer is among the first k: ties share their places in expectation, so that nobody
//! gains by equal scores.

/// Scores are equal where they agree to nine decimals, as the corpora's grader has it.
const DECIMALS: f64 = 1e9;

/// The probability that `answer` is among the first `k` of `ranking` where equal scores stand in
/// random order; 0 where it was not named.
pub fn hit(ranking: &[(String, f64)], answer: &str, k: usize) -> f64 {
    let rounded = |score: f64| (score * DECIMALS).round_ties_even();
    let mut named = ranking.iter().filter(|(name, _)| name == answer);
    let Some(best) = named.next().map(|(_, score)| rounded(*score)) else {
        return 0.0;
    };
    let above = ranking.iter().filter(|(_, s)| rounded(*s) > best).count();
    let not_below = ranking.iter().filter(|(_, s)| rounded(*s) >= best).count();
    let level = not_below - above;
    let left = k.saturating_sub(above);
    (left as f64 / level as f64).min(1.0)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these shares are exact")]
mod tests {
    use super::*;

    fn ranking(scores: &[(&str, f64)]) -> Vec<(String, f64)> {
        let owned = |(name, score): &(&str, f64)| ((*name).to_owned(), *score);
        scores.iter().map(owned).collect()
    }

    /// What `graders/rca_topk.py` prints for these.
    #[test]
    fn ties_share_their_places_as_the_grader_has_it() {
        let found = ranking(&[("a", 3.0), ("b", 2.0), ("c", 2.0), ("d", 2.0), ("e", 1.0)]);
        let hits = |answer| [1, 2, 3, 4, 5].map(|k| hit(&found, answer, k));
        assert_eq!(hits("a"), [1.0; 5]);
        assert_eq!(hits("b"), [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0]);
        assert_eq!(hits("e"), [0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(hits("z"), [0.0; 5]);
    }

    #[test]
    fn a_ranking_of_equal_scores_gains_nothing() {
        let equal = ranking(&[("a", 0.0), ("b", 1e-12), ("c", 0.0), ("d", 0.0)]);
        assert_eq!(hit(&equal, "b", 1), 0.25);
        assert_eq!(hit(&[], "b", 1), 0.0);
    }
}
